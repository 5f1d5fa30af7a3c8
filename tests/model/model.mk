# The reigns of backups, explored by SPIN: tests/model/README.md. `test-model` is what `make test` runs.
.PHONY: test-model model model-mutants

test-model: test-deps
	lua5.4 tests/model/run.lua quick

model: test-deps ## explore larger models of the reigns: some ten minutes, 3 GB (MODEL_MB=N, MODEL_SECONDS=N for each)
	lua5.4 tests/model/run.lua full

model-mutants: test-deps ## take one rule out of the reigns at a time: each must be missed
	lua5.4 tests/model/run.lua mutants
