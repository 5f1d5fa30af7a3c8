# What `make bench` measures beside the host.
$(BUILD)/bare: $(BUILD)/tests/bench/bare.o
	$(CC) $(SANITIZER) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)

bench: $(BUILD)/lunokhod $(BUILD)/bare ## compare the host with a bare HTTP loop, on the clicker's work
	LUNOKHOD=$(BUILD)/lunokhod BARE=$(BUILD)/bare lua5.4 tests/bench/clicker.lua
