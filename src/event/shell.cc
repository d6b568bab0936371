// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "event/shell.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace eventsgw {
namespace {

/// Without a meaning of their own anywhere in a word.
bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_./:@%+,").find(c) != std::string_view::npos;
}

/// Keywords and builtins of the shells that are /bin/sh, and programs that shellcheck has something to say about.
constexpr std::array<std::string_view, 80> kSpecialWords{
    ".",       ":",        "alias",    "bg",       "break",   "builtin",  "caller",  "case",    "cd",    "command",
    "compgen", "complete", "continue", "declare",  "dirs",    "disown",   "do",      "done",    "echo",  "egrep",
    "elif",    "else",     "enable",   "esac",     "eval",    "exec",     "exit",    "export",  "expr",  "false",
    "fc",      "fg",       "fgrep",    "fi",       "for",     "function", "getopts", "hash",    "help",  "history",
    "if",      "in",       "jobs",     "kill",     "let",     "local",    "logout",  "mapfile", "popd",  "printf",
    "pushd",   "pwd",      "read",     "readonly", "return",  "rm",       "select",  "set",     "shift", "shopt",
    "source",  "su",       "suspend",  "tempfile", "test",    "then",     "time",    "times",   "trap",  "true",
    "type",    "typeset",  "ulimit",   "umask",    "unalias", "unset",    "until",   "wait",    "which", "while"};

} // namespace

std::string quote_for_shell(std::string_view text) {
    if (!text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return is_plain(c) || c == '-'; })) {
        return std::string(text);
    }
    std::string quoted = "'";
    for (const char c : text) {
        quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    }
    return quoted + "'";
}

std::string show_for_shell(std::string_view text) {
    const std::string shown = escape(text);
    const auto backslashes = std::count(text.begin(), text.end(), '\\');
    const bool is_safe = shown.size() == text.size() + static_cast<std::size_t>(backslashes);
    return quote_for_shell(is_safe ? text : std::string_view(shown));
}

bool is_plain_call(std::string_view line) {
    const bool is_simple =
        std::all_of(line.begin(), line.end(), [](char c) { return is_plain(c) || c == '-' || c == '=' || c == ' '; });
    const std::string_view first = line.substr(0, line.find(' '));
    return is_simple && !first.empty() && first.find('=') == std::string_view::npos && first[0] != '-' &&
           std::find(kSpecialWords.begin(), kSpecialWords.end(), first) == kSpecialWords.end();
}

} // namespace eventsgw
