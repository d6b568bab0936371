#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
#
# The include order of src/, as TAP: a floor sees itself and those before it in this list, and nothing goes in circles.
cd "$(dirname "$0")/.." || exit 1
floors='base config event loop store journal redis process handlers runs delivery daemon cli'

# Every `#include` under src/ as "FILE TARGET".
includes=$(grep -o '^#include *["<][^">]*' src/*/*.cc src/*/*.h | sed 's/:#include *["<]/ /')

# expect_none NUMBER NAME: passes if nothing comes in on standard input.
expect_none() {
    found=$(cat)
    [ -z "$found" ] && echo "ok $1 - $2" && return
    echo "not ok $1 - $2"
    echo "$found" | sed 's/^/# /'
}

echo 1..8
echo "$includes" | awk -v floors="$floors" '
    BEGIN { for (i = split(floors, name); i > 0; i--) rank[name[i]] = i }
    { split($1, from, "/"); split($2, to, "/") }
    !(from[2] in rank) || (to[1] in rank && rank[to[1]] > rank[from[2]]) ||
        (from[2] ~ /^(process|handlers|runs)$/ && to[1] == "redis")' | expect_none 1 'a floor includes only what is under it'
echo "$includes" | sed -n 's,^src/\(.*\)\.[a-z]* \([a-z]*/[a-z_]*\)\.h$,\1 \2,p' | awk '$1 != $2' |
    tsort 2>&1 >/dev/null | expect_none 2 'no circle of includes, a .cc and its .h taken as one'
echo "$includes" | grep ' event2/' | grep -v '^src/loop/' | expect_none 3 'libevent is seen in src/loop alone'
echo "$includes" | sed -n 's, hiredis/.*,,p' | uniq | grep -vx src/redis/hiredis_link.cc |
    expect_none 4 'hiredis is seen in one file alone'
echo "$includes" | sed -n 's, spawn\.h$,,p' | grep -vx src/process/spawn.cc |
    expect_none 5 'posix_spawn is seen in one file alone'
echo "$includes" | grep ' sqlite3\.h' | grep -v '^src/store/' | expect_none 6 'SQLite is seen in src/store alone'
echo "$includes" | sed -n 's, systemd/.*,,p' | grep -vx src/daemon/systemd_journal.cc |
    expect_none 7 'libsystemd is seen in one file alone'
grep -nE 'message(\(\))?\.(find|starts_with|ends_with|contains|substr|compare)\(|problem\(\)\.(find|starts_with)\(' src/*/*.cc |
    expect_none 8 'nothing is decided by the text of an error'
