#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
#
# usage: src/unity.sh DIRECTORY SIZE
#
# Writes files that each include up to SIZE sources of one layer, such as DIRECTORY/cli-2.cc, and prints their names. A
# SIZE that is not a positive number stands for 10. A file that would not change is left alone, so that make compiles only what has
# changed.
set -eu
directory=$1
case $2 in '' | 0* | *[!0-9]*) size=10 ;; *) size=$2 ;; esac
mkdir -p "$directory"
printf '%s\n' src/*/*.cc | awk -v directory="$directory" -v size="$size" '
    { split($0, path, "/"); sources[path[2]] = sources[path[2]] " " $0; count[path[2]]++ }

    function keep(file, text,    old, line) {
        while ((getline line <file) > 0) old = old line "\n"
        close(file)
        if (old != text) printf "%s", text >file
        print file
    }

    END {
        for (layer in count) {
            split(sources[layer], source, " ")
            parts = int((count[layer] + size - 1) / size)
            for (part = 1; part <= parts; part++) {
                text = ""
                # parts of equal size take about equal time
                for (i = int(count[layer] * (part - 1) / parts) + 1; i <= int(count[layer] * part / parts); i++)
                    text = text "#include \"" substr(source[i], 5) "\"\n"
                keep(directory "/" layer "-" part ".cc", text)
            }
        }
    }'
