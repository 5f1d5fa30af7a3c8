# What `make fuzz` runs: the readers of what comes from outside, under clang's fuzzer and sanitizers; and the modules of the scripts. What it begins with is written by
# `make build/fuzz-corpus && build/fuzz-corpus tests/fuzz/corpus`.
FUZZ      = build/fuzz
FUZZ_RUNS ?=# so many of each target, instead of FUZZ_EACH seconds
FUZZ_EACH ?= 5
FUZZ_SECONDS ?= 35# of the modules that scripts see
FUZZ_TARGETS = archive json sandbox image update calls disguise
FUZZED    = $(patsubst %,$(BUILD)/host/backup/%.o,archive manifest seed sealing keyring) $(BUILD)/libdatabase.a $(BUILD)/libcommon.a

$(BUILD)/archive-fuzz: $(BUILD)/tests/fuzz/archive.o $(FUZZED)
	$(Q)$(CC) $(SANITIZER) -fsanitize=fuzzer -o $@ $^ $(PKG_LIBS) -lm

# The reader of JSON knows nothing but Lua.
$(BUILD)/json-fuzz: $(BUILD)/tests/fuzz/json.o $(BUILD)/host/script/api/json_reader.o
	$(Q)$(CC) $(SANITIZER) -fsanitize=fuzzer -o $@ $^ $(PKG_LIBS) -lm

$(BUILD)/fuzz-corpus: $(BUILD)/tests/fuzz/corpus.o $(FUZZED)
	$(Q)$(CC) $(SANITIZER) -o $@ $^ $(PKG_LIBS) -lm

$(BUILD)/sandbox-fuzz: $(BUILD)/tests/fuzz/sandbox.o $(BUILD)/host/sandbox/door/json_body.o $(BUILD)/libsandbox/model.a $(BUILD)/libnet.a $(BUILD)/libcommon.a
	$(Q)$(CC) $(SANITIZER) -fsanitize=fuzzer -o $@ $^ $(PKG_LIBS) -lm

$(BUILD)/image-fuzz: $(BUILD)/tests/fuzz/image.o $(BUILD)/libdatabase.a $(BUILD)/libcommon.a
	$(Q)$(CC) $(SANITIZER) -fsanitize=fuzzer -o $@ $^ $(PKG_LIBS) -lm

$(BUILD)/update-fuzz: $(BUILD)/tests/fuzz/update.o $(BUILD)/host/updates/update_text.o $(call archives,script)
	$(Q)$(CC) $(SANITIZER) -fsanitize=fuzzer -o $@ $^ $(PKG_LIBS) -lm

$(BUILD)/calls-fuzz: $(BUILD)/tests/fuzz/calls.o $(call archives,sandbox/door)
	$(Q)$(CC) $(SANITIZER) -fsanitize=fuzzer -o $@ $^ $(PKG_LIBS) -lm

$(BUILD)/disguise-fuzz: $(BUILD)/tests/fuzz/disguise.o $(patsubst %,$(BUILD)/host/recording/%.o,disguise disguised_json text_set vocabulary) $(BUILD)/libcommon.a
	$(Q)$(CC) $(SANITIZER) -fsanitize=fuzzer -o $@ $^ $(PKG_LIBS) -lm

# What each may be long, and what its pieces are. A VM that lives through all inputs is no leak.
OPTIONS_archive = -max_len=8192 -dict=tests/fuzz/archive.dict
OPTIONS_json    = -max_len=4096 -dict=tests/fuzz/json.dict
OPTIONS_sandbox = -max_len=2048 -dict=tests/fuzz/sandbox.dict
OPTIONS_image   = -max_len=4096 -len_control=0
OPTIONS_update  = -max_len=4096 -len_control=0 -detect_leaks=0
OPTIONS_disguise = -max_len=2048 -dict=tests/fuzz/json.dict
OPTIONS_calls   = -max_len=4096 -len_control=0
CORPUS_archive  = tests/fuzz/corpus

.PHONY: $(FUZZ_TARGETS:%=run-%-fuzz)
$(FUZZ_TARGETS:%=run-%-fuzz): run-%-fuzz:
	@mkdir -p $(FUZZ)/found-$*
	@$(FUZZ)/$*-fuzz $(if $(FUZZ_RUNS),-runs=$(FUZZ_RUNS),-max_total_time=$(FUZZ_EACH)) -timeout=60 $(OPTIONS_$*) \
	  -artifact_prefix=$(FUZZ)/$*- $(FUZZ)/found-$* $(CORPUS_$*) >$(FUZZ)/$*.log 2>&1 || { cat $(FUZZ)/$*.log; exit 1; }
	@echo "$*: $$(tail -n 1 $(FUZZ)/$*.log)"

# Warnings are the other compiler's business.
fuzz: test-deps ## broken backups, databases, updates, JSON and requests (FUZZ_EACH=SECONDS or FUZZ_RUNS=N), then every function that scripts see, with anything (FUZZ_SECONDS=N)
	@$(MAKE) -s --no-print-directory -j$(JOBS) CC=clang WARNINGS= BUILD=$(FUZZ) SANITIZE=fuzzer-no-link,address,undefined CFLAGS='-O1 -g' $(FUZZ_TARGETS:%=$(FUZZ)/%-fuzz)
	@$(MAKE) -s --no-print-directory -j$(JOBS) $(FUZZ_TARGETS:%=run-%-fuzz)
	@$(MAKE) -s --no-print-directory -j$(JOBS) $(CHECKED) all
	FUZZ_SECONDS=$(FUZZ_SECONDS) build/asan/lunokhod test tests/fuzz/modules_spec.lua
