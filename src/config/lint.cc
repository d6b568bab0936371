// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "config/lint.h"

#include "base/glob.h"
#include "base/text.h"
#include "base/utf8.h"
#include "config/action_name.h"
#include "config/own_end.h"
#include "config/python_text.h"
#include "config/settings.h"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace eventsgw {
namespace {

/// MAX_ARG_STRLEN of Linux (execve(2)) without the NUL: a shell line is one argument.
constexpr std::size_t kMaxArgument = 131071;

bool is_read(const IniSection& section) {
    return section.name == section_of(RuleKind::action) || section.name == section_of(RuleKind::command) ||
           section.name == kGatewaySection || handler_of(section.name).has_value() || rule_of(section.name).has_value();
}

std::string_view find_nearest_section(std::string_view name) {
    const std::string folded = to_lower(trim(name));
    if (folded == "default") {
        return "DEFAULT";
    }
    return find_nearest(folded, {section_of(RuleKind::action), section_of(RuleKind::command), kGatewaySection});
}

/// Whether a class of the pattern lacks its "]", so that Redis takes all the rest of the pattern for the class.
bool has_open_class(std::string_view pattern) {
    bool open = false;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] == '\\') {
            ++i;
        } else if (pattern[i] == (open ? ']' : '[')) {
            open = !open;
        }
    }
    return open;
}

/// What is probably wrong with a channel or pattern, in words that follow "key ..."; empty when nothing is.
std::string find_fault(std::string_view key) {
    const auto has = [key](std::string_view part) { return key.find(part) != std::string_view::npos; };
    if (is_quoted(key)) {
        return "has quotes around it, which are part of the channel";
    }
    if (has(": ")) {
        return "has a colon in it, which is part of the channel: it does not separate";
    }
    if (has_blank_or_control(key) && find_invalid_utf8(key) == std::string_view::npos) { // the latter is an error
        return "has a blank or a control character in it, as no channel of a cluster does";
    }
    if (key[0] == '/') {
        return "begins with a slash, as no channel of a cluster does";
    }
    if (has("{") && has(",") && has("}")) {
        return "has braces in it, which mean nothing in a pattern of Redis; write a rule for each of the choices";
    }
    if (has("[!")) {
        return "has [! in it, which Redis does not take for \"none of these\"; write [^";
    }
    if (has_open_class(key)) {
        return "has a [ without its ] in it";
    }
    return "";
}

/// Whether the further line of a value could have been meant as a rule or setting. A shell line may well have an "=" in
/// it, so in [commands] only what looks like a channel counts.
bool looks_like_entry(std::string_view line, bool is_shell) {
    const std::size_t equals = line.find('=');
    const std::string_view key = python_rstrip(line.substr(0, equals));
    if (equals == std::string_view::npos || key.empty()) {
        return false;
    }
    const bool has_shell_syntax = has_blank_or_control(key) || key.find_first_of("()\"'`$;|&<>") != std::string::npos;
    const bool is_channel =
        key.find("/event/") != std::string::npos || (key.find('/') != std::string::npos && is_glob(key));
    return !is_shell || (is_channel && !has_shell_syntax);
}

class Linter {
public:
    Linter(const IniDocument& document, const std::vector<Rule>& rules) : document_(document), rules_(rules) {}

    std::vector<Problem> find_all() {
        check_entries(document_.defaults);
        for (const IniSection& section : document_.sections) {
            if (is_read(section)) {
                check_entries(section);
            } else {
                report_unread(section);
            }
        }
        std::set<std::size_t> lines; // a key of [DEFAULT] makes several rules, and is told of once
        for (const Rule& rule : rules_) {
            if (lines.insert(rule.line).second) {
                check_channel(rule);
            }
            if (rule.kind == RuleKind::action) {
                check_action(rule);
            } else {
                check_command(rule);
            }
        }
        check_defaults();
        return std::move(found_);
    }

private:
    void report_unread(const IniSection& section) {
        const std::string_view nearest = find_nearest_section(section.name);
        warn(section.line, "section " + show(section.name) + " is not read" +
                               (nearest.empty() ? "; actions, commands, gateway, rule KEY and handler NAME are"
                                                : "; did you mean [" + std::string(nearest) + "]?"));
    }

    void check_entries(const IniSection& section) {
        const bool is_shell = section.name != section_of(RuleKind::action) && section.name != kGatewaySection &&
                              !handler_of(section.name) && !rule_of(section.name);
        for (const IniEntry& entry : section.entries) {
            const IniEntry& first = section.entries[section.by_folded_key.at(to_lower(entry.key)).front()];
            if (first.key != entry.key) {
                warn(entry.line, "key " + show(entry.key) + " differs from " + show(first.key) + " at line " +
                                     std::to_string(first.line) + " in case only; these are two keys");
            }
            check_continuation(entry, is_shell);
        }
    }

    void check_continuation(const IniEntry& entry, bool is_shell) {
        std::string_view rest = entry.value;
        for (const std::size_t line : entry.more_lines) {
            const std::size_t end = rest.find('\n');
            if (end == std::string_view::npos) {
                return; // blank lines at the end are no part of the value
            }
            rest.remove_prefix(end + 1);
            if (looks_like_entry(rest.substr(0, rest.find('\n')), is_shell)) {
                warn(line, "this line is indented and so continues the value of " + show(entry.key) + " (line " +
                               std::to_string(entry.line) + "); is it a rule of its own?");
            }
        }
    }

    void check_channel(const Rule& rule) {
        const std::string fault = find_fault(rule.channel);
        if (!fault.empty()) {
            warn(rule.line, "key " + show(rule.channel) + " " + fault);
        } else if (rule.is_pattern && rule.channel.find('*') == std::string::npos) {
            warn(rule.line, "key " + show(rule.channel) +
                                " is a pattern here; the Python eventsgw took it for a plain channel. "
                                "Nothing to do if a pattern is meant");
        }
    }

    void check_action(const Rule& rule) {
        const std::string fault =
            rule.value.empty() ? "the name of the action is missing" : find_action_fault(rule.value);
        if (!fault.empty()) {
            warn(rule.line, fault);
        }
    }

    void check_command(const Rule& rule) {
        if (rule.value.empty()) {
            warn(rule.line, "the command is empty");
        } else if (rule.value.find('\0') != std::string::npos) {
            warn(rule.line, "the command will fail: no shell line can have a NUL in it");
        } else if (rule.value.size() > kMaxArgument) {
            warn(rule.line, "the command will fail: it has " + std::to_string(rule.value.size()) +
                                " bytes, and the system allows " + std::to_string(kMaxArgument));
        }
        if (rule.settings.interrupted == Interrupted::again) {
            check_own_end(rule);
        }
    }

    /// Such a run is interrupted by what it does itself, and would do it again after each start of the gateway.
    void check_own_end(const Rule& rule) {
        if (const std::string end = find_own_end(rule.value); !end.empty()) {
            warn(rule.line, "the command " + show(end) +
                                " can end this gateway, which would run it again after its next start; set interrupted "
                                "= drop in [rule " +
                                escape(rule.channel) + "]");
        }
    }

    /// Keys of [DEFAULT] are often meant for %(name)s only, but each is also a rule of every section.
    void check_defaults() {
        std::map<std::size_t, std::string> sections_by_line;
        for (const IniEntry& entry : document_.defaults.entries) {
            sections_by_line.try_emplace(entry.line);
        }
        for (const Rule& rule : rules_) {
            if (const auto found = sections_by_line.find(rule.line); found != sections_by_line.end()) {
                found->second += (found->second.empty() ? "[" : " and [") + std::string(section_of(rule.kind)) + "]";
            }
        }
        for (const IniEntry& entry : document_.defaults.entries) {
            if (const std::string& sections = sections_by_line.at(entry.line); !sections.empty()) {
                warn(entry.line, "key " + show(entry.key) + " of [DEFAULT] is a rule of " + sections + " too");
            }
        }
    }

    void warn(std::size_t line, std::string message) { found_.push_back({line, std::move(message)}); }

    const IniDocument& document_;
    const std::vector<Rule>& rules_;
    std::vector<Problem> found_;
};

} // namespace

std::vector<Problem> find_doubtful(const IniDocument& document, const std::vector<Rule>& rules) {
    return Linter(document, rules).find_all();
}

} // namespace eventsgw
