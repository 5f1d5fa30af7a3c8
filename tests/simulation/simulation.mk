# Hosts in a world that comes from a seed: tests/simulation/README.md. `test-simulation` is what `make test` runs.
SEEDS ?= 170
FIRST ?= 1
SIMULATOR = $(BUILD)/simulation
SIMULATED = $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/simulation/*.c))

# -m: hosts at the same time; -d: durable.
WAYS = -m1 -m1+-d -m2 -m2+-d -m3 -m3+-d

.PHONY: test-simulation simulate simulate-mutants $(WAYS:%=simulate%)

# Not as a test of a floor: it stands in place of what the system offers, and so above all.
$(SIMULATOR): $(SIMULATED) $(call archives,kit)
	@echo "  LINK $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS) -lm

$(BUILD)/tests/simulation/%.o: tests/simulation/%.c | ready
	@mkdir -p $(@D)
	@echo "  CC $<"
	$(Q)$(CC) $(ALL_CFLAGS) -Itests/simulation -c -o $@ $<

test-simulation: simulate
	@sed '/^#/d' tests/simulation/seeds | while read -r run; do $(SIMULATOR) $$run tests/simulation/bot.lua >$(BUILD)/seed.txt || \
	  { cat $(BUILD)/seed.txt; exit 1; }; done
	@echo "simulation: $$(grep -vc '^#' tests/simulation/seeds) runs that once found a fault"

simulate: $(SIMULATOR) ## run simulated hosts through SEEDS=N seeds in each way, from FIRST=N
	@$(MAKE) --no-print-directory -j$(JOBS) $(WAYS:%=simulate%)

$(WAYS:%=simulate%): simulate%: $(SIMULATOR)
	@$(SIMULATOR) -n $(SEEDS) -s $(FIRST) $(subst +, ,$*) tests/simulation/bot.lua

simulate-mutants: $(SIMULATOR) ## take one fix out of the hosts at a time, and tell which seed finds it (SEEDS=N)
	lua5.4 tests/simulation/mutants.lua
