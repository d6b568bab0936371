#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
#
# A fresh clone configures and builds by a bare make. The tarball of `make dist`, as a packager meets it, is built
# without autoconf and passes its tests; nothing is written in the source tree, and install and uninstall undo each
# other. Each source is compiled alone here, with warnings as errors.

set -u
top=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0

# check NAME COMMAND...: one test, passed when the command succeeds.
check() {
    name=$1
    shift
    number=$((number + 1))
    if "$@" >"$work/output" 2>&1; then
        echo "ok $number - $name"
    else
        sed 's/^/# /' "$work/output"
        echo "not ok $number - $name"
    fi
}

# The files of a clone: those of the tarball without what has been generated.
make_clone() {
    make -C "$top" dist DIST_DIR="$work" && mkdir "$work/clone" &&
        tar -xzf "$work"/eventsgw-*.tar.gz --strip-components=1 -C "$work/clone" && rm "$work/clone/configure"
}

# Tools that a release does without.
without_autoconf() {
    mkdir -p "$work/bin"
    for tool in autoconf autoreconf automake aclocal autoheader m4; do
        printf '#!/bin/sh\necho "%s was called" >&2\nexit 1\n' $tool >"$work/bin/$tool"
        chmod +x "$work/bin/$tool"
    done
    PATH="$work/bin:$PATH" "$@"
}

nothing_beside_a_source() {
    ! find "$work/tree/src" "$work/tree/t" -type f \( -name '*.o' -o -name '*.d' -o -name '*.a' \) | grep .
}

installed_files() {
    find "$work/root" -type f | sed "s,^$work/root,," | sort
}

has_all_parts() {
    installed_files >"$work/installed"
    for part in /usr/bin/eventsgw /usr/share/man/man8/eventsgw.8 /usr/share/man/man5/eventsgw.conf.5 \
        /usr/share/man/man7/eventsgw-events.7 \
        /usr/share/man/man7/eventsgw-handlers.7 \
        /usr/share/doc/eventsgw/README.md /usr/share/doc/eventsgw/examples/eventsgw.conf.example \
        /usr/share/doc/eventsgw/examples/agent.env.example /usr/share/bash-completion/completions/eventsgw \
        /usr/share/eventsgw/hardening/actions-only.conf \
        /units/system/eventsgw@.service /units/system/eventsgw@.path \
        /units/user/eventsgw.service /units/user/eventsgw.path; do
        grep -qx "$part" "$work/installed" || { echo "missing: $part"; return 1; }
    done
    ! grep -l '@VERSION@' "$work/root/usr/share/man/"*/*
}

# The units start what was installed, and read what was configured.
units_have_the_paths() {
    for unit in system/eventsgw@.service user/eventsgw.service; do
        grep -qx 'ExecStart=/usr/bin/eventsgw' "$work/root/units/$unit" &&
            grep -qx 'EnvironmentFile=-/srv/etc/nethserver/agent.env' "$work/root/units/$unit" || return 1
    done
}

# configures_with LINE...: configure, in a directory of its own, writes these lines to config.mk.
configures_with() {
    rm -rf "$work/other" && mkdir "$work/other" && cd "$work/other" || return 1
    "$work/tree/configure" --prefix=/opt/e CXXFLAGS=-O0 || return 1
    for line in "$@"; do
        grep -qxF "$line" config.mk || { echo "not in config.mk: $line"; return 1; }
    done
}

units_go_where_systemd_says() {
    pkg-config --exists systemd || { echo 'no systemd.pc here'; return 0; }
    configures_with "systemdsystemunitdir = $(pkg-config --variable systemdsystemunitdir systemd)" \
        "systemduserunitdir = $(pkg-config --variable systemduserunitdir systemd)"
}

# A pkg-config that knows everything but systemd.
units_go_below_the_prefix() {
    printf '#!/bin/sh\ncase " $* " in *" systemd "*) exit 1 ;; esac\nexec pkg-config "$@"\n' >"$work/pkg-config"
    chmod +x "$work/pkg-config"
    # shellcheck disable=SC2016 # make expands them
    PKG_CONFIG=$work/pkg-config configures_with 'systemdsystemunitdir = ${prefix}/lib/systemd/system' \
        'systemduserunitdir = ${prefix}/lib/systemd/user' 'sysconfdir = /etc'
}

# A line that systemd does not know is a warning in every log.
units_fit_the_version() {
    for version in 252 254; do
        rm 'build/systemd/eventsgw@.service'
        make 'build/systemd/eventsgw@.service' SYSTEMD_VERSION=$version || return 1
        lines=$(grep -c '^Restart\(Steps\|MaxDelaySec\)=' 'build/systemd/eventsgw@.service')
        test "$version $lines" = '252 0' || test "$version $lines" = '254 2' || return 1
    done
}

# Each installation has the paths that it is asked for, whatever was built or installed before.
units_follow_the_prefix() {
    for prefix in /opt/other /usr; do
        rm -rf "$work/moved"
        make install prefix=$prefix DESTDIR="$work/moved" &&
            grep -x "ExecStart=$prefix/bin/eventsgw" "$work/moved/units/system/eventsgw@.service" &&
            test -x "$work/moved$prefix/bin/eventsgw" || return 1
    done
}

has_symbols() {
    nm "$work/moved/usr/bin/eventsgw" 2>/dev/null | grep -q ' T main$'
}

strips_only_when_asked() {
    make install-strip DESTDIR="$work/moved" && ! has_symbols && make install DESTDIR="$work/moved" && has_symbols
}

# With everything in PATH but one tool.
names_the_package() {
    rm -rf "$work/tools" && cp -rs /usr/bin "$work/tools" && rm -f "$work/tools/$2" || return 1
    PATH="$work/tools" make "$1" >"$work/advice" 2>&1 && { echo "make $1 works without $2"; return 1; }
    cat "$work/advice"
    grep -q "^$2: not found; install $3" "$work/advice"
}

packages_name_what_is_missing() {
    names_the_package deb dpkg-buildpackage dpkg-dev && names_the_package deb dh debhelper &&
        names_the_package rpm rpmbuild rpm-build && names_the_package rpm eu-strip elfutils
}

cleans_before_it_builds() {
    make clean build/src/base/fd.o UNITY=no && make clean build/unity/base-1.o UNITY=yes
}

distclean_stays_in_its_directory() {
    configures_with 'prefix = /opt/e' && cd "$work/other" && make distclean && test ! -e config.mk &&
        test -x "$work/tree/configure" && test -e "$work/tree/config.status" && test -d "$work/tree/build"
}

is_empty_again() {
    ! installed_files | grep .
}

if test "${EVENTSGW_SANITIZED:-}" = 1; then
    echo '1..0 # SKIP the installation does not depend on sanitizers'
    exit 0
fi
echo 1..20
unset MAKEFLAGS MFLAGS MAKELEVEL
unset EVENTSGW EVENTSGW_BUILD

check 'make dist' make_clone
cd "$work/clone" || exit 1
check 'a clone: make configures by itself' make build/src/base/fd.o
check 'a clone: autoreconf and configure work by hand' sh -c 'rm configure && autoreconf -i && ./configure'

mkdir "$work/tree"
tar -xzf "$work"/eventsgw-*.tar.gz --strip-components=1 -C "$work/tree"
cd "$work/tree" || exit 1
check 'the tarball: configure' without_autoconf ./configure --prefix=/usr --sysconfdir=/srv/etc \
    --with-systemdsystemunitdir=/units/system --with-systemduserunitdir=/units/user \
    --disable-unity --enable-werror CXXFLAGS=-O0
check 'make install' without_autoconf make -j2 install DESTDIR="$work/root"
check 'make check' without_autoconf make -j2 check \
    TESTS='t/floors.sh t/cli/options_test.py t/cli/check_test.py build/t/unit/base_test'
check 'the program says its version' "$work/root/usr/bin/eventsgw" --version
check 'nothing lands beside a source' nothing_beside_a_source
check 'all parts are in their places' has_all_parts
check 'the units have the configured paths' units_have_the_paths
check 'the units follow the prefix' units_follow_the_prefix
check 'install-strip strips the program, install does not' strips_only_when_asked
check 'a missing tool is named with its package' packages_name_what_is_missing
check 'make uninstall' make uninstall DESTDIR="$work/root"
check 'nothing is left' is_empty_again
check 'make clean comes before what it is to make again' cleans_before_it_builds
check 'the units have lines that systemd knows' units_fit_the_version
check 'units go where systemd says' units_go_where_systemd_says
check 'units go below the prefix where systemd is unknown' units_go_below_the_prefix
check 'distclean in another directory leaves the sources alone' distclean_stays_in_its_directory
