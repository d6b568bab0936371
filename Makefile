# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
#
# One Makefile for the whole tree. New sources, tests and fuzzers are found by their place and name: see HACKING.md.
# `make help` lists what can be asked for.

BUILD ?= build
JOBS ?= $(shell nproc)
# Most tests wait most of the time.
TEST_JOBS ?= $(shell expr 3 \* '$(JOBS)')
FUZZ_SECONDS ?= 60

all:

# Make reads config.mk, and makes it first where it is absent or old: so a bare `make` works in a fresh clone, and the
# options once given to configure are kept.

needs_no_config := help clean distclean format
ifneq ($(filter-out $(needs_no_config),$(or $(MAKECMDGOALS),all)),)
include $(BUILD)/config.mk
endif

# Where configure runs: in the source tree for build/, in the build directory itself for any other.
config_dir := $(if $(filter build,$(BUILD)),.,$(BUILD))

# Behind a command that fails where packages are missing.
or_advise = || { echo >&2 'Is something missing? Run ./bootstrap deps, or see README.md.'; exit 1; }

configure: configure.ac
	$(call quiet,CONF)autoreconf -i $(or_advise)
	@touch $@

$(config_dir)/config.status: configure
	@mkdir -p $(@D)
	$(call quiet,CONF){ cd $(@D) && \
	    if test -x config.status; then ./config.status --recheck; else $(CURDIR)/configure; fi; } $(or_advise)

$(BUILD)/config.mk: config.mk.in $(config_dir)/config.status
	cd $(config_dir) && ./config.status

# Other ways to build, in directories of their own: with the options of this configuration and a few more.
# With all of the debug information GCC takes three times as long over sanitized code; lines are enough for a trace.
variants := build-asan build-fuzz
build-asan/config.status: options = --enable-sanitizers --enable-unity=1000 CXXFLAGS='-g1 -O1'
build-fuzz/config.status: options = --enable-sanitizers CXX=clang++ CXXFLAGS='-g -O1 -fsanitize=fuzzer-no-link'
ifeq ($(filter $(variants),$(BUILD)),)
$(addsuffix /config.status,$(variants)): $(config_dir)/config.status
	@mkdir -p $(@D)
	given=$$($(abspath $<) --config) && cd $(@D) && eval "$(CURDIR)/configure --quiet $$given $(options)"
endif

library := $(BUILD)/libeventsgw.a
program := $(BUILD)/eventsgw

# The sources of a layer are compiled together, up to SIZE at a time, by files that include them: the headers that they
# share are then read once. Larger groups speed up full builds, smaller ones rebuilds.
ifneq ($(filter-out no,$(UNITY)),)
program_sources := $(sort $(patsubst $(BUILD)/%,%,$(shell src/unity.sh $(BUILD)/unity $(UNITY))))
cli_sources := $(filter unity/cli-%,$(program_sources))
$(if $(program_sources),,$(error src/unity.sh has failed))
$(addprefix $(BUILD)/,$(program_sources)): # gone again after `make clean all`
	@src/unity.sh $(BUILD)/unity $(UNITY) >/dev/null
else
program_sources := $(wildcard src/*/*.cc)
cli_sources := $(filter src/cli/%,$(program_sources))
endif
library_sources := $(filter-out $(cli_sources),$(program_sources))

# The tests t/unit/LAYER_NAME_test.cc are compiled into one program for each layer, LAYER_test.
layers := $(notdir $(patsubst %/,%,$(sort $(wildcard src/*/))))
unit_test_files := $(wildcard t/unit/*_test.cc)
unit_sources := $(foreach layer,$(layers),$(if $(filter t/unit/$(layer)_%,$(unit_test_files)),t/unit/$(layer)_test.cc))
$(foreach file,$(filter-out $(layers:%=t/unit/%_%),$(unit_test_files)),$(error $(file) names no layer of src))
fuzz_sources := $(wildcard t/fuzz/*_fuzz.cc)
tool_sources := $(wildcard t/tools/*.cc)
bench_sources := $(wildcard t/bench/*.cc t/bench/*.c)

products = $(addprefix $(BUILD)/,$(basename $(1)))
objects = $(addsuffix .o,$(products))

unit_tests := $(call products,$(unit_sources))
fuzz_replays := $(call products,$(fuzz_sources))
fuzzers := $(addsuffix er,$(fuzz_replays))
tools := $(call products,$(tool_sources))
bench := $(call products,$(bench_sources))
man_pages := $(addprefix $(BUILD)/,$(wildcard man/*.[578]))
units := $(patsubst %.in,$(BUILD)/%,$(wildcard systemd/*.in systemd/*/*.in))

# Programs of the tests and scripts that print TAP; `make check TESTS="..."` runs a choice of them. Those that compile
# the whole program come first, so that the others, which mostly wait, run next to them.
compiling_tests := t/install_test.sh t/boot/package_test.py t/boot/boot_test.py
TESTS ?= $(compiling_tests) $(unit_tests) $(fuzz_replays) t/floors.sh \
    $(filter-out $(compiling_tests),$(wildcard t/*_test.sh t/*/*_test.py))

.PHONY: all check check-asan soak fuzz bench compile-cost bare demo install install-strip uninstall dist deb rpm format lint \
    clean distclean help FORCE
.DELETE_ON_ERROR:

# need(TOOL,PACKAGE): fails, and names the package, if TOOL is missing.
need = @command -v $(1) >/dev/null || { echo >&2 '$(1): not found; install $(2)'; exit 1; }

all: $(program) $(man_pages) $(units)

warnings = -Wall -Wextra -Wshadow -Wconversion $(WERROR)
cxx_warnings = -Wold-style-cast -Wnon-virtual-dtor -Woverloaded-virtual
library_cppflags = $(HIREDIS_CFLAGS) $(LIBEVENT_CFLAGS) $(INIH_CFLAGS) $(CJSON_CFLAGS) $(SQLITE_CFLAGS) \
    $(SYSTEMD_CFLAGS) $(CMOCKA_CFLAGS)
all_cppflags = -Isrc $(own_cppflags) -D_GLIBCXX_ASSERTIONS $(library_cppflags) $(CPPFLAGS)
all_cxxflags = $(STD_FLAGS) $(warnings) $(cxx_warnings) $(SANITIZER_FLAGS) $(CXXFLAGS) $(optimization)
all_cflags = -pthread $(warnings) $(SANITIZER_FLAGS) $(CFLAGS)

# Says what is being made in a short line; V=1 shows the command instead.
silent = $(if $(filter-out 0,$(V)),,@)
quiet = $(if $(silent),@printf '  %-5s %s\n' $(1) $@;)

# config.mk stands for the compiler's options: when they change, everything is recompiled.
compile_cxx = $(call quiet,CXX)$(CXX) $(all_cppflags) $(all_cxxflags) -MMD -MP -c -o $@ $<

$(BUILD)/%.o: %.cc $(BUILD)/config.mk
	@mkdir -p $(@D)
	$(compile_cxx)

$(BUILD)/unity/%.o: $(BUILD)/unity/%.cc $(BUILD)/config.mk
	$(compile_cxx)

$(BUILD)/t/unit/%_test.o: $(BUILD)/t/unit/%_test.cc $(BUILD)/config.mk
	$(compile_cxx)

$(unit_tests:=.o): own_cppflags = -I. -It/unit
$(unit_tests:=.cc): $(BUILD)/t/unit/%_test.cc: FORCE
	@mkdir -p $(@D)
	@printf '#include "%s"\n' $(filter t/unit/$*_%,$(unit_test_files)) >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

$(BUILD)/%.o: %.c $(BUILD)/config.mk
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(all_cppflags) $(all_cflags) -MMD -MP -c -o $@ $<

$(call objects,$(cli_sources)): own_cppflags = -DEVENTSGW_VERSION='"$(VERSION)"'

# To optimize a test costs more than it saves.
$(call objects,$(unit_sources) t/unit/main.cc $(fuzz_sources) t/fuzz/replay_main.cc $(tool_sources)): \
    optimization = -O0 -U_FORTIFY_SOURCE

all_sources := $(cli_sources) $(library_sources) $(unit_sources) $(fuzz_sources) \
    t/unit/main.cc t/fuzz/replay_main.cc $(tool_sources) $(bench_sources)
-include $(patsubst %.o,%.d,$(call objects,$(all_sources)))

$(library): $(call objects,$(library_sources))
	@mkdir -p $(@D) && rm -f $@
	$(call quiet,AR)$(AR) rcs $@ $^

# base/, config/ and event/ need neither libevent nor hiredis, and this proves it: their tests link without them, so a
# call that creeps in does not link.
pure_floors := base config event
pure_tests := $(filter $(pure_floors:%=$(BUILD)/t/unit/%_test),$(unit_tests))
pure_libs = $(INIH_LIBS) $(CJSON_LIBS)
libs = $(HIREDIS_LIBS) $(LIBEVENT_LIBS) $(SQLITE_LIBS) $(pure_libs)
$(unit_tests): libs += $(CMOCKA_LIBS)
$(pure_tests): libs = $(pure_libs) $(CMOCKA_LIBS)

link = $(call quiet,LINK)$(CXX) $(all_cxxflags) $(LDFLAGS) -Wl,--as-needed -o $@ $(filter %.o %.a,$^) $(libs)

$(program): $(call objects,$(cli_sources)) $(library)
	$(link)

$(unit_tests): $(BUILD)/%: $(BUILD)/%.o $(BUILD)/t/unit/main.o $(library)
	$(link)

# Each fuzz target makes two programs: NAME_fuzz replays its corpus, NAME_fuzzer is for libFuzzer.
$(fuzz_replays): $(BUILD)/%: $(BUILD)/%.o $(BUILD)/t/fuzz/replay_main.o $(library)
	$(link)

$(fuzzers): $(BUILD)/%er: $(BUILD)/%.o $(library)
	$(link) -fsanitize=fuzzer

bench_step := $(BUILD)/t/bench/step
$(tools) $(filter-out $(bench_step),$(bench)): $(BUILD)/%: $(BUILD)/%.o $(library)
	$(link)

# What the benchmark of handlers runs costs as little as a program can.
$(bench_step): t/bench/step.c
	@mkdir -p $(@D)
	$(call quiet,LINK)$(CC) $(warnings) -O2 -static -o $@ $<

$(man_pages): $(BUILD)/%: % $(BUILD)/config.mk
	@mkdir -p $(@D)
	$(call quiet,MAN)sed 's/@VERSION@/$(VERSION)/g' $< >$@

# A delay that grows from restart to restart is known to systemd since 254.
knows_restart_steps = $(shell test '$(or $(SYSTEMD_VERSION),0)' -ge 254 && echo yes)

# The paths that the units name: `make install prefix=/usr` makes the units again if they have been made for another.
unit_paths = $(bindir) $(datadir) $(sysconfdir) $(SYSTEMD_VERSION)
$(BUILD)/unit-paths: FORCE
	@mkdir -p $(@D)
	@echo '$(unit_paths)' | cmp -s - $@ || echo '$(unit_paths)' >$@
FORCE:

$(units): $(BUILD)/%: %.in $(BUILD)/config.mk $(BUILD)/unit-paths
	@mkdir -p '$(@D)'
	$(call quiet,UNIT)sed -e 's,@bindir@,$(bindir),g' -e 's,@datadir@,$(datadir),g' -e 's,@sysconfdir@,$(sysconfdir),g' \
	    $(if $(knows_restart_steps),,-e '/^Restart\(Steps\|MaxDelaySec\)=/d') '$<' >'$@'

tested_program = $(abspath $(program))
test_environment = PYTHONDONTWRITEBYTECODE=1 EVENTSGW='$(tested_program)' EVENTSGW_BUILD='$(abspath $(BUILD))'
ifeq ($(SANITIZED),yes)
test_environment += EVENTSGW_SANITIZED=1 EVENTSGW_TEST_PATIENCE=90 ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1 \
    UBSAN_OPTIONS=print_stacktrace=1
endif

#: make check [TESTS="FILE ..."]     build and run the tests, or some of them
check: tests
	$(call need,prove,perl on Debian or perl-Test-Harness on RHEL)
	$(silent)$(test_environment) prove -j$(TEST_JOBS) --state=save --statefile=$(BUILD)/tests.yaml -e '' $(TESTS)

.PHONY: tests tests-asan have-cmocka
tests: have-cmocka all $(filter $(BUILD)/%,$(TESTS)) $(tools)

have-cmocka:
	@test '$(HAVE_CMOCKA)' = yes || { echo >&2 'The tests need cmocka: install libcmocka-dev (Debian) or' \
	    'libcmocka-devel (RHEL), then run ./config.status --recheck'; false; } $(or_advise)

#: make check-asan [TESTS=...]       the same under AddressSanitizer and UndefinedBehaviorSanitizer
check-asan tests-asan: build-asan/config.status
	$(silent)+$(MAKE) --no-print-directory BUILD=build-asan $(@:-asan=)

#: make soak                         runs under a hundred kills of the gateway; takes three minutes
soak: tests
	$(silent)EVENTSGW_SOAK=1 $(test_environment) t/e2e/runs_checker_test.py

#: make fuzz [FUZZ_SECONDS=60]       search for new inputs with clang's libFuzzer, so many seconds a target
fuzz:
	$(call need,clang++,clang)
	$(silent)$(MAKE) --no-print-directory build-fuzz/config.status
	$(silent)+$(MAKE) --no-print-directory BUILD=build-fuzz run-fuzzers

.PHONY: run-fuzzers
run-fuzzers: $(fuzzers)
	set -e; for fuzzer in $(fuzzers); do \
	    name=$$(basename $$fuzzer _fuzzer); mkdir -p $(BUILD)/found/$$name; \
	    $$fuzzer -max_total_time=$(FUZZ_SECONDS) -artifact_prefix=$(BUILD)/found/$$name- \
	        $(BUILD)/found/$$name t/fuzz/corpus/$$name; \
	done

#: make bench                        measure forwarding, handlers, a flood in an outage, and a kill in one
bench: all $(bench)
	$(silent)status=0; for part in run handlers flood kill; do $(test_environment) t/bench/$$part || status=1; done; \
	    exit $$status

#: make compile-cost                 print what each source and each header costs the compiler, worst first
compile-cost:
	$(silent)t/bench/compile_cost $(CXX) $(all_cppflags) -DEVENTSGW_VERSION='"$(VERSION)"' $(all_cxxflags)

#: make bare [SUITES="trixie"]       try demo and check of ./bootstrap on bare Debian trees; needs root and mmdebstrap
SUITES ?= bookworm trixie
bare:
	$(silent)for suite in $(SUITES); do t/bare $$suite || exit; done

#: make demo [EVENTSGW=PROGRAM]      show the main job on a private Redis
demo: tested_program = $(abspath $(or $(EVENTSGW),$(program)))
demo: all
	$(silent)$(test_environment) t/demo/run

documents := $(wildcard README.md NEWS.md COPYING)
examples := $(wildcard conf/*)
drop_ins := $(wildcard systemd/hardening/*)
completions := $(wildcard completion/*)
system_units := $(filter $(BUILD)/systemd/eventsgw%,$(units))
user_units := $(filter $(BUILD)/systemd/user/%,$(units))
drop_in_dir = $(datadir)/$(PACKAGE_TARNAME)/hardening
completion_dir = $(datadir)/bash-completion/completions
man5 := $(filter %.5,$(man_pages))
man7 := $(filter %.7,$(man_pages))
man8 := $(filter %.8,$(man_pages))

#: make install [DESTDIR=] [prefix=] install the program, its units, man pages and examples; `uninstall` removes them
#: make install-strip                the same, with the program's debug information left out
install-strip: strip_option = -s
install-strip: install

install: all
	install -d '$(DESTDIR)$(bindir)' '$(DESTDIR)$(mandir)/man5' '$(DESTDIR)$(mandir)/man7' \
	    '$(DESTDIR)$(mandir)/man8' \
	    '$(DESTDIR)$(docdir)/examples' '$(DESTDIR)$(systemdsystemunitdir)' '$(DESTDIR)$(systemduserunitdir)' \
	    '$(DESTDIR)$(drop_in_dir)' '$(DESTDIR)$(completion_dir)'
	install $(strip_option) -m 755 $(program) '$(DESTDIR)$(bindir)'
	install -m 644 $(man5) '$(DESTDIR)$(mandir)/man5'
	install -m 644 $(man7) '$(DESTDIR)$(mandir)/man7'
	install -m 644 $(man8) '$(DESTDIR)$(mandir)/man8'
	install -m 644 $(documents) '$(DESTDIR)$(docdir)'
	install -m 644 $(examples) '$(DESTDIR)$(docdir)/examples'
	install -m 644 $(system_units) '$(DESTDIR)$(systemdsystemunitdir)'
	install -m 644 $(user_units) '$(DESTDIR)$(systemduserunitdir)'
	install -m 644 $(drop_ins) '$(DESTDIR)$(drop_in_dir)'
	install -m 644 $(completions) '$(DESTDIR)$(completion_dir)'

# in_directory(DIRECTORY, FILES): the files' names with the directory before them, each quoted for the shell.
in_directory = $(foreach file,$(notdir $(2)),'$(1)/$(file)')

uninstall:
	rm -f $(call in_directory,$(DESTDIR)$(bindir),$(program)) \
	    $(call in_directory,$(DESTDIR)$(mandir)/man5,$(man5)) $(call in_directory,$(DESTDIR)$(mandir)/man7,$(man7)) \
	    $(call in_directory,$(DESTDIR)$(mandir)/man8,$(man8)) \
	    $(call in_directory,$(DESTDIR)$(docdir),$(documents)) \
	    $(call in_directory,$(DESTDIR)$(docdir)/examples,$(examples)) \
	    $(call in_directory,$(DESTDIR)$(systemdsystemunitdir),$(system_units)) \
	    $(call in_directory,$(DESTDIR)$(systemduserunitdir),$(user_units)) \
	    $(call in_directory,$(DESTDIR)$(drop_in_dir),$(drop_ins)) \
	    $(call in_directory,$(DESTDIR)$(completion_dir),$(completions))
	for directory in '$(DESTDIR)$(docdir)' '$(DESTDIR)$(datadir)/$(PACKAGE_TARNAME)'; do \
	    test ! -d "$$directory" || find "$$directory" -depth -type d -empty -delete; \
	done

# A release is the files of the tree, with the configure that they lead to: so it is built without autoconf.
DIST_DIR ?= $(BUILD)
dist_name = $(PACKAGE_TARNAME)-$(VERSION)
tarball = $(DIST_DIR)/$(dist_name).tar.gz
products_of_tools := build build-* autom4te.cache __pycache__ aclocal.m4 config.log config.status configure~ .git
list_files = { test ! -e .git || git ls-files --cached --others --exclude-standard; } 2>/dev/null | grep . || \
    find . $(products_of_tools:%=-name '%' -prune -o) -type f -print | sed 's,^\./,,'
dist_time = $${SOURCE_DATE_EPOCH:-$$(git log -1 --format=%ct 2>/dev/null || date +%s)}

#: make dist [DIST_DIR=build]        a tarball of the sources that needs no autoconf
dist: configure
	@mkdir -p '$(DIST_DIR)'
	$(call quiet,DIST){ $(list_files); echo configure; } | sort -u | while IFS= read -r file; do \
	    test ! -f "$$file" || printf '%s\n' "$$file"; done | \
	    tar -cf - --transform 'flags=r;s,^,$(dist_name)/,' --mtime="@$(dist_time)" --mode=u=rwX,go=rX \
	    --owner=0 --group=0 --numeric-owner -T - | gzip -9n >'$(tarball)'

# Packages are built from that tarball, in a directory of their own.
PACKAGE_DIR ?= $(abspath $(BUILD))
deb_dir = $(PACKAGE_DIR)/deb
rpm_dir = $(PACKAGE_DIR)/rpm
without_make = env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL

#: make deb [PACKAGE_DIR=build]      packages for Debian, in build/deb; needs debhelper and dpkg-dev
deb:
	$(call need,dpkg-buildpackage,dpkg-dev)
	$(call need,dh,debhelper)
	rm -rf '$(deb_dir)' && mkdir -p '$(deb_dir)'
	$(silent)$(MAKE) --no-print-directory dist DIST_DIR='$(deb_dir)'
	cd '$(deb_dir)' && tar -xzf $(dist_name).tar.gz && cp -r $(dist_name)/packaging/debian $(dist_name)
	cd '$(deb_dir)/$(dist_name)' && $(without_make) DEB_BUILD_OPTIONS="parallel=$(JOBS) $$DEB_BUILD_OPTIONS" \
	    dpkg-buildpackage -b -us -uc
	rm -rf '$(deb_dir)/$(dist_name)'

#: make rpm [PACKAGE_DIR=build]      a package for RHEL 9 and its rebuilds, in build/rpm; needs rpmbuild
rpm:
	$(call need,rpmbuild,rpm-build on RHEL or rpm on Debian)
	$(call need,eu-strip,elfutils)
	rm -rf '$(rpm_dir)' && mkdir -p '$(rpm_dir)/SOURCES'
	$(silent)$(MAKE) --no-print-directory dist DIST_DIR='$(rpm_dir)/SOURCES'
	$(without_make) rpmbuild -bb --define '_topdir $(rpm_dir)' --define 'package_version $(VERSION)' \
	    $(RPMBUILD_FLAGS) packaging/eventsgw.spec
	find '$(rpm_dir)/RPMS' -name '*.rpm' -exec mv {} '$(rpm_dir)' \; && rm -rf '$(rpm_dir)'/BUILD* '$(rpm_dir)/RPMS'

cxx_files := $(wildcard src/*/*.cc src/*/*.h t/*/*.cc t/*/*.h t/*/*.c)

#: make format                       format the sources with clang-format
format:
	clang-format -i $(cxx_files)

#: make lint                         format, clang-tidy, man pages and shell scripts, with the tools that are there
lint: lint-format lint-tidy lint-man lint-shell

.PHONY: lint-format lint-tidy lint-man lint-shell
unless_missing = @command -v $(1) >/dev/null || { echo '$(1) is not installed: skipped'; exit 0; };

lint-format:
	$(call unless_missing,clang-format) clang-format --dry-run -Werror $(cxx_files)

lint-tidy:
	$(call unless_missing,clang-tidy) printf '%s\n' $(filter %.cc,$(cxx_files)) | \
	    xargs -P$(JOBS) -I% clang-tidy --quiet % -- $(all_cppflags) -DEVENTSGW_VERSION='"lint"' $(STD_FLAGS)

lint-man:
	$(call unless_missing,mandoc) mandoc -Tlint -W warning $(wildcard man/*.[578])

lint-shell:
	$(call unless_missing,shellcheck) shellcheck $$(awk 'FNR == 1 && /^#! ?\/bin\/(ba)?sh/ { print FILENAME } { nextfile }' \
	    $$(find bootstrap .ci src t packaging -type f)) $(completions)

#: make clean, distclean             remove what was built; and what configure made, too
clean:
	rm -rf $(program) $(library) $(BUILD)/unity $(BUILD)/src $(BUILD)/t $(BUILD)/man $(BUILD)/systemd \
	    $(BUILD)/unit-paths $(BUILD)/tests.yaml
ifeq ($(BUILD),build)
	rm -rf build-asan build-fuzz

distclean:
	rm -rf build build-asan build-fuzz autom4te.cache
	rm -f aclocal.m4 configure configure~ config.log config.status
else

distclean: clean
	rm -f $(BUILD)/config.mk $(BUILD)/config.log $(BUILD)/config.status $(BUILD)/Makefile
endif

help:
	@echo 'make                              configure if needed, and build $(program)'
	@sed -n 's/^#: //p' Makefile
	@echo 'BUILD=DIRECTORY builds there instead of in build/; V=1 shows the commands'
