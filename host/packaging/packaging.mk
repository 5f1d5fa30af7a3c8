# What leaves this folder: `make install`, `make deb`, `make dist`.

CHANGES      = host/CHANGELOG.md
# The day of the newest version, so that two builds are the same. The changelog must name the Makefile's VERSION first.
RELEASED    := $(shell awk '$$2 == "$(VERSION)" && $$3 ~ /^.2/ { print substr($$3, 2, 10); exit }' $(CHANGES))
MAINTAINER  ?= Lunokhod developers <lunokhod@localhost>
SHARE        = $(DESTDIR)$(PREFIX)/share
UNITS        = $(DESTDIR)$(PREFIX)/lib/systemd/system
DEB          = build/deb/root

install: all ## install program, manual, units, types for editors and completion below PREFIX (/usr/local)
	install -D -m 755 $(BUILD)/lunokhod $(DESTDIR)$(PREFIX)/bin/lunokhod
	sh host/packaging/manual.sh $(BUILD)/lunokhod $(VERSION) $(RELEASED) $(PREFIX) > $(BUILD)/lunokhod.1
	install -D -m 644 $(BUILD)/lunokhod.1 $(SHARE)/man/man1/lunokhod.1
	install -D -m 644 host/packaging/completion.bash $(SHARE)/bash-completion/completions/lunokhod
	install -d $(UNITS) $(SHARE)/lunokhod/types $(SHARE)/doc/lunokhod/examples $(SHARE)/doc/lunokhod/scripts
	for unit in lunokhod.service lunokhod@.service; do sed 's,/usr/,$(PREFIX)/,' host/packaging/$$unit > $(UNITS)/$$unit; done
	install -m 644 $(filter-out %/generate.lua,$(wildcard host/script/api/types/*.lua)) $(SHARE)/lunokhod/types
	cp -r examples/. $(SHARE)/doc/lunokhod/examples
	cp -r scripts/. $(SHARE)/doc/lunokhod/scripts
	install -m 644 README.md $(CHANGES) host/packaging/lunokhod.conf $(SHARE)/doc/lunokhod

deb: deps ## build/lunokhod.deb, for this Debian or Ubuntu
	$(call install_packages,dpkg-dev)
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@$(MAKE) --no-print-directory deb-package

# The program is stripped; one with its symbols stays in build/. The times of all files are that of the version.
deb-package:
	@rm -rf build/deb && mkdir -p build/deb/debian $(DEB)/DEBIAN $(DEB)/etc/lunokhod
	@$(MAKE) --no-print-directory install DESTDIR=$(DEB) PREFIX=/usr >/dev/null
	@strip --strip-unneeded $(DEB)/usr/bin/lunokhod
	@install -m 644 host/packaging/lunokhod.conf $(DEB)/etc/lunokhod/
	@rm $(DEB)/usr/share/doc/lunokhod/lunokhod.conf
	@install -D -m 644 host/packaging/lintian-overrides $(DEB)/usr/share/lintian/overrides/lunokhod
	@gzip -9n $(DEB)/usr/share/man/man1/lunokhod.1 $(DEB)/usr/share/doc/lunokhod/CHANGELOG.md
	@{ cat host/packaging/copyright; sed 's/^$$/./; s/^/ /' LICENSE | tail -n +4; } > $(DEB)/usr/share/doc/lunokhod/copyright
	@printf 'lunokhod (%s) unstable; urgency=medium\n\n  * CHANGELOG.md.gz tells what is new.\n\n -- %s  %s\n' '$(VERSION)' '$(MAINTAINER)' \
	  "$$(LC_ALL=C date -u -R -d $(RELEASED))" | gzip -9n > $(DEB)/usr/share/doc/lunokhod/changelog.gz
	@echo /etc/lunokhod/lunokhod.conf > $(DEB)/DEBIAN/conffiles
	@for script in postinst prerm postrm; do install -m 755 host/packaging/$$script $(DEB)/DEBIAN/; done
	@printf 'Source: lunokhod\n\nPackage: lunokhod\nArchitecture: any\n' > build/deb/debian/control
	@cd build/deb && needs=$$(dpkg-shlibdeps -O --ignore-missing-info root/usr/bin/lunokhod 2>/dev/null | sed -n 's/^shlibs:Depends=//p') && \
	sed "s/@VERSION@/$(VERSION)/; s/@ARCHITECTURE@/$$(dpkg --print-architecture)/; s/@MAINTAINER@/$(MAINTAINER)/; s/@NEEDS@/$$needs/" \
	  ../../host/packaging/control > root/DEBIAN/control
	@cd $(DEB) && find etc usr -type f -exec md5sum {} + | LC_ALL=C sort -k2 > DEBIAN/md5sums
	@chmod -R u=rwX,go=rX $(DEB)
	@SOURCE_DATE_EPOCH=$$(date -u -d $(RELEASED) +%s) dpkg-deb --root-owner-group --build $(DEB) build/lunokhod.deb

dist: ## build/lunokhod-VERSION.tar.gz of the last commit; the same bytes each time
	@mkdir -p build
	@git archive --format=tar --prefix=lunokhod-$(VERSION)/ HEAD | gzip -9n > build/lunokhod-$(VERSION).tar.gz
	@sha256sum build/lunokhod-$(VERSION).tar.gz
