# What `make fuzz` runs: the readers of what comes from outside, under clang's fuzzer and sanitizers; and the modules of the scripts. What it begins with is written by
# `make build/fuzz-corpus && build/fuzz-corpus tests/fuzz/corpus`.
FUZZ      = build/fuzz
FUZZ_RUNS ?= 200000# some ten seconds
FUZZ_SECONDS ?= 60# of the modules that scripts see
FUZZED    = $(patsubst %,$(BUILD)/host/backup/%.o,archive manifest seed) $(BUILD)/libdatabase.a $(BUILD)/libcommon.a

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

# Warnings are the other compiler's business.
fuzz: test-deps ## broken backups, JSON and requests (FUZZ_RUNS=N), then every function that scripts see, with anything (FUZZ_SECONDS=N)
	@$(MAKE) -s --no-print-directory CC=clang WARNINGS= BUILD=$(FUZZ) SANITIZE=fuzzer-no-link,address,undefined CFLAGS='-O1 -g' $(FUZZ)/archive-fuzz $(FUZZ)/json-fuzz $(FUZZ)/sandbox-fuzz
	@mkdir -p $(FUZZ)/found $(FUZZ)/found-json
	@$(FUZZ)/archive-fuzz -runs=$(FUZZ_RUNS) -max_len=8192 -dict=tests/fuzz/archive.dict -artifact_prefix=$(FUZZ)/ \
	  $(FUZZ)/found tests/fuzz/corpus >$(FUZZ)/log 2>&1 || { cat $(FUZZ)/log; exit 1; }
	@tail -n 1 $(FUZZ)/log
	@$(FUZZ)/json-fuzz -runs=$(FUZZ_RUNS) -max_len=4096 -dict=tests/fuzz/json.dict -artifact_prefix=$(FUZZ)/ \
	  $(FUZZ)/found-json >$(FUZZ)/log 2>&1 || { cat $(FUZZ)/log; exit 1; }
	@tail -n 1 $(FUZZ)/log
	@mkdir -p $(FUZZ)/found-sandbox
	@$(FUZZ)/sandbox-fuzz -runs=$(FUZZ_RUNS) -max_len=2048 -dict=tests/fuzz/sandbox.dict -artifact_prefix=$(FUZZ)/ \
	  $(FUZZ)/found-sandbox >$(FUZZ)/log 2>&1 || { cat $(FUZZ)/log; exit 1; }
	@tail -n 1 $(FUZZ)/log
	@$(MAKE) -s --no-print-directory -j$(JOBS) $(CHECKED) all
	FUZZ_SECONDS=$(FUZZ_SECONDS) build/asan/lunokhod test tests/fuzz/modules_spec.lua
