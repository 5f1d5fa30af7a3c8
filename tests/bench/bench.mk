# What `make bench` measures beside the host.
BENCH_PACKAGES = lua5.4 lua-socket lua-filesystem lua-dkjson lua-cjson valgrind python3-python-telegram-bot postgresql libpq-dev gnuplot-nox

$(BUILD)/bare: $(BUILD)/tests/bench/bare.o
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(BUILD)/backup-bench: $(BUILD)/tests/bench/backup.o $(call archives,backup)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS) -lm

$(BUILD)/storage-bench: $(BUILD)/tests/bench/storage.o $(call archives,database)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS) -lpq

$(BUILD)/tests/bench/storage.o: ALL_CFLAGS += $(shell pkg-config --cflags libpq 2>/dev/null)

bench-deps: deps
	$(call install_packages,$(BENCH_PACKAGES),node npm)

bench: bench-deps ## measure: the clicker beside a bare HTTP loop, and the same bot on four other libraries; backups beside a JSON dump, :memory: beside PostgreSQL, several hosts on it
	@$(MAKE) --no-print-directory $(BUILD)/lunokhod $(BUILD)/bare $(BUILD)/backup-bench $(BUILD)/storage-bench
	LUNOKHOD=$(BUILD)/lunokhod BARE=$(BUILD)/bare lua5.4 tests/bench/clicker.lua
	LUNOKHOD=$(BUILD)/lunokhod lua5.4 tests/bench/webhook.lua
	LUNOKHOD=$(BUILD)/lunokhod lua5.4 tests/bench/https.lua
	LUNOKHOD=$(BUILD)/lunokhod lua5.4 tests/bench/hosts.lua
	LUNOKHOD=$(BUILD)/lunokhod BACKUP_BENCH=$(BUILD)/backup-bench STORAGE_BENCH=$(BUILD)/storage-bench lua5.4 tests/bench/backup.lua

soak: bench-deps ## 15 minutes of steady load with reloads and new users; SOAK_SECONDS=60 for a try
	@$(MAKE) --no-print-directory $(BUILD)/lunokhod
	LUNOKHOD=$(BUILD)/lunokhod lua5.4 tests/bench/soak.lua
