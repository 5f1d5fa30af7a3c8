# Lunokhod. `make help` lists what a person types; the machinery is below.

BUILD    ?= build
SANITIZE ?=
PREFIX   ?= /usr/local
VERSION   = 0.1.0
PORT     ?= 8081
BOT      ?= scripts
CC       ?= cc
V        ?=
Q         = $(if $(V),,@)# V=1 shows the commands
JOBS     ?= $(shell nproc)

WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wwrite-strings -Wundef -Werror
LIBS     = lua5.4 jansson libcurl sqlite3 libuv libzstd libxxhash zlib libsodium gnutls openssl
CFLAGS  ?= -O2 -g
ALL_CFLAGS  = -std=gnu11 $(WARNINGS) $(CFLAGS) $(HARDENED) $(SANITIZER) -Ihost -DLUNOKHOD_VERSION='"$(VERSION)"' $(PKG_CFLAGS) -MMD -MP
PKG_CFLAGS := $(shell pkg-config --cflags $(LIBS) cairo glib-2.0 libpq libmicrohttpd 2>/dev/null)
PKG_LIBS   := $(shell pkg-config --libs $(LIBS) 2>/dev/null)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(SANITIZER) $(LDFLAGS)

# Makes a bug in C harder to use; `make lint` checks the built program. FORTIFY does nothing without -O, and hides errors from the
# sanitizers. Only x86 knows -fcf-protection.
HARDENED  = -fstack-protector-strong -fPIE -U_FORTIFY_SOURCE $(FORTIFY) $(CF_PROTECTION)
OPTIMIZED = $(filter-out -O0,$(lastword $(filter -O%,$(CFLAGS))))
FORTIFY   = $(if $(SANITIZE),,$(if $(OPTIMIZED),-D_FORTIFY_SOURCE=3))
CF_PROTECTION := $(if $(filter x86_64-% i686-%,$(shell $(CC) -dumpmachine)),-fcf-protection)

ifneq ($(SANITIZE),)
SANITIZER = -fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=undefined
endif
CHECKED   = BUILD=build/asan SANITIZE=address,undefined CFLAGS='-O1 -g'
TIGHT     = BUILD=build/tight SANITIZE=address,undefined CFLAGS='-O1 -g -include tests/c/tight.h'

C_FILES := $(shell find host tests -name '*.[ch]' -not -path '*/node_modules/*')

# A floor may use what stands in its line; one archive per floor, so that a call upwards does not link.
FLOORS    = command kit assembly recording operator updates script backup telegram database net common $(FOLDERS_sandbox)
# A floor of folders, from top to bottom. In a line, its name stands for all of them; outside, sandbox/sandbox.h is its only face.
FOLDERS_sandbox = sandbox/door sandbox/person sandbox/methods sandbox/model
LINE_common    = common
LINE_net       = net common
LINE_database  = database common
LINE_telegram  = telegram net common
LINE_backup    = backup telegram database net common
LINE_script    = script backup telegram database net common
LINE_updates   = updates script backup telegram database net common
LINE_recording = recording updates script backup telegram database net common
LINE_operator  = operator updates script backup telegram database net common
LINE_assembly  = assembly recording operator updates script backup telegram database net common
LINE_kit       = kit assembly recording operator updates script backup telegram database sandbox net common
LINE_command   = command kit assembly recording operator updates script backup telegram database sandbox net common
LINE_sandbox/model   = sandbox/model common
LINE_sandbox/methods = sandbox/methods sandbox/model net common
LINE_sandbox/person  = sandbox/person sandbox/model common
LINE_sandbox/door    = sandbox net common
LINE_contract  = $(LINE_command)

# Debian's names; the same on Debian 12 and 13 and on Ubuntu 24.04.
BUILD_PACKAGES = gcc make pkg-config libc6-dev liblua5.4-dev libjansson-dev libcurl4-openssl-dev libssl-dev libsqlite3-dev \
                 libuv1-dev libzstd-dev libxxhash-dev libcairo2-dev libmicrohttpd-dev libgnutls28-dev zlib1g-dev libglib2.0-dev libsodium-dev libpq-dev uthash-dev lua-check \
                 ca-certificates tzdata
# Pure Lua that tests/system/lua_modules_spec.lua loads.
LUA_MODULES    = $(addprefix lua-,ansicolors argparse basexx binaryheap cliargs coxpcall dkjson fifo inifile inspect logging luassert \
                 mediator messagepack moses penlight say unit uri)
# One version of it everywhere: each formats a little differently.
CLANG_FORMAT   = clang-format-19
TEST_PACKAGES  = libcmocka-dev lua5.4 lua-busted lua-socket lua-cjson chromium sqlite3 clang libclang-rt-dev \
                 $(LUA_MODULES) \
                 $(CLANG_FORMAT) spin python3-python-telegram-bot curl git openssl patch postgresql zstd

.PHONY: all run test c-tests test-c test-lua test-postgres test-system test-tight test-page test-clients fuzz lint format bench soak install deb deb-package dist clean help deps test-deps ready
.DEFAULT_GOAL = all

all: $(BUILD)/lunokhod ## build build/lunokhod

run: deps ## a local Telegram, the bot of BOT=scripts on it, and a chat page (PORT=8081); with BOT_TOKEN set: the real Telegram
	@[ -e "$(BOT)" ] || { echo 'there is no $(BOT): "mkdir $(BOT)" makes the folder of a new bot' >&2; exit 1; }
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@if [ -n "$$BOT_TOKEN" ]; then exec $(BUILD)/lunokhod run --watch $(RUN_OPTIONS) "$(BOT)"; else exec $(BUILD)/lunokhod dev --port $(PORT) $(RUN_OPTIONS) "$(BOT)"; fi

test: test-deps ## run every test, under sanitizers, and say how long each part took
	@mkdir -p build && rm -f build/times
	$(call part,build,-j$(JOBS) all)
	$(call part,lint,lint)
	$(call part,build with sanitizers,-j$(JOBS) $(CHECKED) all c-tests)
	$(call part,C tests,$(CHECKED) test-c)
	$(call part,fuzz,fuzz)
	$(call part,model of the reigns,test-model)
	$(call part,simulator,test-simulation)
	$(call part,Lua tests,LUNOKHOD=build/asan/lunokhod test-lua)
	$(call part,PostgreSQL,LUNOKHOD=build/asan/lunokhod test-postgres)
	$(call part,tight build,test-tight)
	$(call part,system tests,LUNOKHOD=build/asan/lunokhod test-system)
	$(call part,page tests,LUNOKHOD=build/lunokhod test-page)
	$(call part,client libraries,LUNOKHOD=build/lunokhod test-clients)
	@cat build/times

# All of them are asked, so that one run shows everything that is wrong.
RULES = layers names banned sizes tables types reference circles unused hardening mutants
lint: all ## the rules of the house: layers, banned calls, sizes, luacheck, clang-format
	@failed=; for rule in $(RULES); do lua5.4 tests/lint/$$rule.lua || failed="$$failed $$rule"; done; \
	luacheck --quiet --no-color scripts examples tests host/script host/kit || failed="$$failed luacheck"; \
	$(CLANG_FORMAT) --dry-run -Werror $(C_FILES) && echo "$(CLANG_FORMAT): $(words $(C_FILES)) files, 0 wrong" || failed="$$failed clang-format"; \
	[ -z "$$failed" ] || { echo "make lint: wrong by$$failed" >&2; exit 1; }

format: ## lay the C files out as `make lint` wants them
	@$(CLANG_FORMAT) -i $(C_FILES)

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(filter Makefile %.mk,$(MAKEFILE_LIST)) | expand -t 18

# ---- the machinery ----

# Sets $missing: what is not here of these packages and programs, by Debian's names.
define find_missing
missing=$$(for package in $1; do dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q ' installed' || echo $$package; done); \
for program in $2; do command -v $$program >/dev/null || missing="$$missing $$program"; done; \
missing=$$(echo $$missing | sed 's/\<node\>/nodejs/')
endef

# Says what is missing, then installs it; where there is no apt-get, or no right to use it, a person has to.
define install_packages
@$(find_missing); \
if [ -z "$$missing" ]; then exit 0; fi; \
if ! command -v apt-get >/dev/null; then echo "please install these (Debian's names): $$missing"; exit 1; fi; \
root=$$([ "$$(id -u)" = 0 ] || echo sudo); \
if [ -n "$$root" ] && ! command -v sudo >/dev/null; then \
  echo "these packages are missing; let root install them: apt-get install $$missing" >&2; exit 1; fi; \
echo "installing: $$missing"; \
export DEBIAN_FRONTEND=noninteractive; \
$$root apt-get update -qq && $$root apt-get install -y -qq --no-install-recommends $$missing >/dev/null
endef

deps: ## install what a build needs (Debian, Ubuntu)
	$(call install_packages,$(BUILD_PACKAGES))

# Before anything is compiled: a compiler's error about a header does not say what to install.
ready:
	@problem=$$(pkg-config --exists --print-errors $(LIBS) cairo libpq 2>&1 && echo '#include <uthash.h>' | $(CC) -E - 2>&1 >/dev/null) && [ -n "$(LUACHECK)" ] && exit 0; \
	$(call find_missing,$(BUILD_PACKAGES)); \
	echo "missing: $${missing:-$$problem}" >&2; echo 'run "make deps" first' >&2; exit 1

# Debian would make and start a database of the machine's own with the package.
CLUSTERS = /etc/postgresql-common/createcluster.conf
test-deps: deps
	@[ -e $(CLUSTERS) ] || dpkg-query -W postgresql-common >/dev/null 2>&1 || { root=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	$$root mkdir -p $(dir $(CLUSTERS)) && echo 'create_main_cluster = false' | $$root tee $(CLUSTERS) >/dev/null; }
	$(call install_packages,$(TEST_PACKAGES),node npm)
	@{ [ -x build/promtool ] && [ -x build/prometheus ]; } || $(MAKE) --no-print-directory build/prometheus

# Out of its package, because installing that would start a server. Debian 13 has a package of its own for promtool.
download_prometheus = { apt-get download -qq promtool; apt-get download -qq prometheus; } 2>/dev/null
build/prometheus:
	@mkdir -p build/prometheus-package && cd build/prometheus-package && rm -f *.deb && \
	root=$$([ "$$(id -u)" = 0 ] || echo sudo) && \
	{ $(download_prometheus) || { $$root apt-get update -qq && $(download_prometheus); }; } && \
	for package in *.deb; do dpkg-deb --fsys-tarfile $$package | tar -x --wildcards --transform 's,.*/,,' -C .. './usr/bin/prom*'; done && \
	rm *.deb && test -x ../promtool && test -x ../prometheus

# $(call part,name,what to make): a part of `make test`, and a line in build/times.
define part
+@begin=$$(date +%s); $(MAKE) --no-print-directory $2 && \
printf '%-22s %4d s\n' '$1' $$(($$(date +%s) - begin)) >>build/times
endef

# ---- tests of running programs ----

LUNOKHOD ?= build/lunokhod
C_TESTS = $(patsubst tests/c/%.c,$(BUILD)/tests/%,$(wildcard tests/c/*/*_test.c tests/c/*/*/*_test.c))

# The bench of backups too: nothing else would notice that it no longer builds.
c-tests: $(C_TESTS) $(BUILD)/backup-bench

# Cases of the official library's own tests; where the folder is not there, their test is skipped.
CONFORMANCE ?= ../shared/conformance
export CONFORMANCE

test-c: c-tests
	@for test in $(C_TESTS); do echo "$$test"; $$test || exit 1; done

LUA_SPECS ?= tests/lua
EXAMPLE_SPECS ?= examples
test-lua:
	$(LUNOKHOD) test scripts $(LUA_SPECS)
	$(LUNOKHOD) test $(EXAMPLE_SPECS)

# The shipped bots and the examples once more, with their data in PostgreSQL.
POSTGRES_SPECS ?= $(patsubst %,tests/lua/%_spec.lua,calories clicker both)
test-postgres:
	lua5.4 tests/support/with_postgres.lua $(LUNOKHOD) test scripts $(POSTGRES_SPECS)
	lua5.4 tests/support/with_postgres.lua $(LUNOKHOD) test $(EXAMPLE_SPECS)

# $(call run_files,files,how many at once): files of tests of programs. They wait for programs more than they work, so several at once;
# each prints its own closing line. What fails beside others is asked once more when the machine is free, and said to be unsteady when it
# passes then; never what a sanitizer has found.
define run_files
@rm -rf build/failed-tests && mkdir -p build/failed-tests
@$(MAKE) --no-print-directory --keep-going --output-sync=target -j$2 $(patsubst %,run/%,$1)
@failed=; for file in $$(find build/failed-tests -type f -printf '%P\n'); do $(MAKE) --no-print-directory run-alone/$$file || failed=1; done; [ -z "$$failed" ]
endef

run/%:
	@echo "$*"; kept=build/failed-tests/$*; mkdir -p $$(dirname $$kept); \
	if ( $(call run_file,$*) ) >$$kept 2>&1; then cat $$kept; rm $$kept; exit; fi; \
	if grep -qE 'Sanitizer|runtime error:' $$kept; then cat $$kept; rm $$kept; exit 1; fi; \
	echo "failed beside others, and is asked once more"; sed 's/^/  | /' $$kept

run-alone/%:
	@echo "$* once more, alone"; $(call run_file,$*) && echo "unsteady: $* failed beside others and passed alone"

run_file = $(if $(filter %.lua,$1),LUNOKHOD=$(LUNOKHOD) lua5.4 /usr/bin/busted --pattern=_spec $1,cd $(dir $1) && LUNOKHOD=$(abspath $(LUNOKHOD)) node --test $(notdir $1))

# The longest first, so that none of them is left alone at the end.
LONG_SPECS = $(patsubst %,tests/system/%_spec.lua,many_hosts restore upgrade handover postgres_faults postgres_slots postgres_slow backup_faults limits copies stop)
SPECS ?= $(LONG_SPECS) $(filter-out $(LONG_SPECS),$(wildcard tests/system/*_spec.lua))
test-system:
	LUNOKHOD=$(LUNOKHOD) lua5.4 tests/lint/faces.lua
	$(call run_files,$(SPECS),4)

# Not with the specs that count messages of the backup or calls in flight: with these limits there are others.
TIGHT_SPECS = album clicker default_answer dialogue faults http json link long_text menu migration reload schedule startup stop test
in_order = $(filter-out %/order_spec.lua,$(wildcard $1/*_spec.lua))# one update of a chat is taken in hand at a time
test-tight: test-deps ## the same with every limit at its smallest: tests/c/tight.h
	@$(MAKE) --no-print-directory -j$(JOBS) $(TIGHT) all c-tests
	@$(MAKE) --no-print-directory $(TIGHT) test-c
	@$(MAKE) --no-print-directory LUNOKHOD=build/tight/lunokhod LUA_SPECS='$(call in_order,tests/lua)' EXAMPLE_SPECS='$(call in_order,examples)' test-lua
	@$(MAKE) --no-print-directory LUNOKHOD=build/tight/lunokhod SPECS='$(TIGHT_SPECS:%=tests/system/%_spec.lua)' test-system

test-page:
	cd tests/page && npm ci --no-audit --no-fund --silent
	$(call run_files,$(wildcard tests/page/*.test.mjs),3)

test-clients: ## other people's client libraries on the sandbox
	cd tests/clients && npm ci --no-audit --no-fund --silent --ignore-scripts
	$(call run_files,$(wildcard tests/clients/*.test.mjs),2)

sources  = $(wildcard host/$1/*.c host/$1/api/*.c)
objects  = $(patsubst %.c,$(BUILD)/%.o,$(call sources,$1))
archives = $(foreach floor,$(LINE_$1),$(patsubst %,$(BUILD)/lib%.a,$(or $(FOLDERS_$(floor)),$(floor))))

# The parser for `lunokhod check`, of the package lua-check (MIT licence), is built in as well.
LUACHECK := $(firstword $(wildcard /usr/share/lua/5.*/luacheck))
LUACHECK_FILES = $(addprefix luacheck/,parser.lua lexer.lua utils.lua decoder.lua unicode.lua unicode_printability_boundaries.lua)
EMBEDDED := $(patsubst host/%,%,$(filter-out %/generate.lua,$(wildcard host/database/*.sql host/script/api/*.lua host/script/api/types/*.lua host/kit/lua/*.lua host/sandbox/door/page/* host/sandbox/model/*.txt)))

define floor_rule
$(BUILD)/lib$1.a: $$(call objects,$1) $(if $(filter common,$1),$(BUILD)/embed.o)
	@mkdir -p $$(@D)
	@rm -f $$@
	@ar rcs $$@ $$^
endef
$(foreach floor,$(FLOORS),$(eval $(call floor_rule,$(floor))))

$(BUILD)/lunokhod: $(BUILD)/host/main.o $(call archives,command)
	@echo "  LINK $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS) -lm

$(BUILD)/%.o: %.c Makefile | ready
	@mkdir -p $(@D)
	@echo "  CC $<"
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

# .incbin needs nothing but binutils: a table of name, data and size, ended by zeros. <cet.h> adds the note of -fcf-protection: the
# linker marks a program with it only when each object has it.
$(BUILD)/embed.S: $(addprefix host/,$(EMBEDDED)) Makefile | ready
	@mkdir -p $(@D)
	@{ printf '#ifdef __CET__\n#include <cet.h>\n#endif\n'; echo '.section .rodata'; n=0; for f in $(EMBEDDED); do n=$$((n+1)); \
	   echo "name$$n: .asciz \"$$f\""; echo "data$$n: .incbin \"host/$$f\""; echo "end$$n: .byte 0"; done; \
   for f in $(LUACHECK_FILES); do n=$$((n+1)); \
   echo "name$$n: .asciz \"$$f\""; echo "data$$n: .incbin \"$(dir $(LUACHECK))$$f\""; echo "end$$n: .byte 0"; done; \
	   echo '.section .data.rel.ro,"aw"'; echo '.balign 8'; echo '.global embed_files'; echo 'embed_files:'; n=0; \
	   for f in $(EMBEDDED) $(LUACHECK_FILES); do n=$$((n+1)); echo ".quad name$$n, data$$n, end$$n - data$$n"; done; \
	   echo '.quad 0, 0, 0'; echo '.section .note.GNU-stack,"",@progbits'; } > $@

$(BUILD)/embed.o: $(BUILD)/embed.S | ready
	$(Q)$(CC) $(HARDENED) -c -o $@ $<

# ---- C tests: one program a room, linked with nothing but its floor's line; those of the seams with all ----
# Its own floor is linked whole, so that a call upwards from any of its files does not link.

define c_test_rule
$(BUILD)/tests/$1/%_test: $(BUILD)/tests/c/$1/%_test.o $$(call archives,$1)
	@mkdir -p $$(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $$@ -Wl,--whole-archive $$(filter %.o $(BUILD)/lib$1.a,$$^) -Wl,--no-whole-archive \
	  $$(filter-out $(BUILD)/lib$1.a,$$(filter %.a,$$^)) $(PKG_LIBS) -lcmocka -lm
endef
$(foreach floor,$(FLOORS) contract,$(eval $(call c_test_rule,$(floor))))

$(BUILD)/tests/c/%.o: tests/c/%.c | ready
	@mkdir -p $(@D)
	@echo "  CC $<"
	$(Q)$(CC) $(ALL_CFLAGS) -Itests/c -c -o $@ $<

include host/packaging/packaging.mk
include tests/bench/bench.mk
include tests/fuzz/fuzz.mk
include tests/model/model.mk
include tests/simulation/simulation.mk

.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

clean: ## remove what was built
	rm -rf build
