// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "config/config.h"

#include "base/chrono.h"
#include "base/file.h"
#include "base/glob.h"
#include "base/text.h"
#include "config/ini.h"
#include "config/ini_interpolation.h"
#include "config/lane_wait.h"
#include "config/lint.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

namespace eventsgw {
namespace {

/// Far above any configuration, and little enough to be read into memory several times over.
constexpr std::size_t kMaxFileBytes = std::size_t{64} << 20U;

/// Turns a document into rules and settings.
class ConfigReader {
public:
    explicit ConfigReader(IniDocument document) : document_(std::move(document)), interpolation_(document_) {}

    ConfigReport read() {
        report_.errors = std::move(document_.errors);
        report_.warnings = std::move(document_.warnings);
        read_rules(RuleKind::action);
        read_rules(RuleKind::command);
        read_settings();
        read_handlers();
        read_rule_settings();
        for (Problem& problem : find_doubtful(document_, rules_)) {
            report_.warnings.push_back(std::move(problem));
        }
        sort_by_line(report_.errors);
        sort_by_line(report_.warnings);
        sort_by_line(report_.notes);
        if (report_.errors.empty()) {
            report_.rules = RuleSet(std::move(rules_));
        }
        return std::move(report_);
    }

private:
    void read_rules(RuleKind kind) {
        for (const IniSection& section : document_.sections) {
            if (section.name != section_of(kind)) {
                continue;
            }
            for (const IniEntry* entry : merge_defaults(document_, section)) {
                has_command_by_key_[entry->key] |= kind == RuleKind::command;
                if (std::optional<std::string> value = expand(section, *entry)) {
                    rules_.push_back({kind, entry->key, is_glob(entry->key), std::move(*value), entry->line});
                }
            }
        }
    }

    /// Keys of [DEFAULT] are no settings, for the legacy program's file may have any there.
    void read_settings() {
        for (const IniSection& section : document_.sections) {
            if (section.name != kGatewaySection) {
                continue;
            }
            apply_section(section, report_.settings);
            note_lane_wait(section, make_handler_settings(report_.settings), "a handler without a section of its own");
        }
    }

    /// On top of [gateway], wherever that stands in the file.
    void read_handlers() {
        for (const IniSection& section : document_.sections) {
            if (const std::optional<std::string_view> name = handler_of(section.name)) {
                if (report_.handlers.contains(*name)) {
                    report_.errors.push_back({section.line, "section " + show(section.name) + " is given twice"});
                }
                RunSettings settings = make_handler_settings(report_.settings);
                apply_section(section, settings);
                warn_if_nothing_may_wait(section, settings);
                note_lane_wait(section, settings, "[" + escape(section.name) + "]");
                report_.handlers.insert_or_assign(std::string(*name), std::move(settings));
            }
        }
    }

    /// On top of [gateway] too, for the command of that key. The action of the same key needs none of it.
    void read_rule_settings() {
        const RunSettings defaults = make_command_settings(report_.settings);
        std::map<std::string, RunSettings, std::less<>> settings_by_key;
        for (const IniSection& section : document_.sections) {
            const std::optional<std::string_view> key = rule_of(section.name);
            if (!key) {
                continue;
            }
            const auto [own, is_new] = settings_by_key.try_emplace(std::string(*key), defaults);
            if (!is_new) {
                report_.errors.push_back({section.line, "section " + show(section.name) + " is given twice"});
            }
            const auto known = has_command_by_key_.find(*key);
            if (known == has_command_by_key_.end()) {
                report_.errors.push_back({section.line, describe_missing_rule(section.name, *key)});
            } else if (!known->second) {
                refuse_settings(section, *key);
                continue;
            }
            apply_section(section, own->second);
            warn_if_nothing_may_wait(section, own->second);
            note_lane_wait(section, own->second, "[" + escape(section.name) + "]");
        }
        for (Rule& rule : rules_) {
            if (rule.kind == RuleKind::command) {
                const auto own = settings_by_key.find(rule.channel);
                rule.settings = own == settings_by_key.end() ? defaults : own->second;
            }
        }
    }

    std::string describe_missing_rule(const std::string& section, std::string_view key) const {
        std::vector<std::string_view> keys;
        for (const auto& [known, has_command] : has_command_by_key_) {
            keys.push_back(known);
        }
        const std::string nearest(find_nearest(key, keys));
        return "section " + show(section) + " is about no rule: [actions] and [commands] do not have its key" +
               (nearest.empty() ? "" : "; did you mean " + show("rule " + nearest) + "?");
    }

    void refuse_settings(const IniSection& section, std::string_view key) {
        RunSettings ignored;
        for (const IniEntry& entry : section.entries) {
            if (apply_entry(section, entry, ignored)) {
                report_.errors.push_back({entry.line, entry.key +
                                                          ": means nothing for an action, which the module's agent "
                                                          "runs, and " +
                                                          show(key) + " is in [actions] only"});
            }
        }
    }

    void warn_if_nothing_may_wait(const IniSection& section, const RunSettings& settings) {
        if (settings.coalesce > std::chrono::nanoseconds::zero() && report_.settings.queue_limit == 0) {
            report_.warnings.push_back({section.line, "each event of section " + show(section.name) +
                                                          " will be refused: one that coalesces waits "
                                                          "for others, and with queue_limit = 0 none may wait"});
        }
    }

    void note_lane_wait(const IniSection& section, const RunSettings& settings, const std::string& who) {
        if (const std::string wait = describe_lane_wait(settings); !wait.empty()) {
            report_.notes.push_back(
                {section.line, "the retries of " + who + " may keep later runs of its lane waiting for " + wait});
        }
    }

    template <typename T> void apply_section(const IniSection& section, T& settings) {
        for (const IniEntry& entry : section.entries) {
            apply_entry(section, entry, settings);
        }
        warn_of_delays(section, settings);
    }

    /// Whether it could be applied. If not, the report says why.
    template <typename T> bool apply_entry(const IniSection& section, const IniEntry& entry, T& settings) {
        const std::optional<std::string> value = expand(section, entry);
        if (!value) {
            return false;
        }
        if (const Result<void> done = apply_setting(settings, entry.key, *value); !done) {
            report_.errors.push_back({entry.line, done.error().message + comment_hint(*value)});
            return false;
        }
        return true;
    }

    /// Warns about a section only if it sets one of the two itself: inherited values are reported where they are set.
    template <typename T> void warn_of_delays(const IniSection& section, const T& settings) {
        for (const char* name : {"retry_delay", "retry_max_delay"}) {
            const auto own = section.by_key.find(name);
            if (own != section.by_key.end() && settings.retry_delay > settings.retry_max_delay) {
                report_.warnings.push_back({section.entries[own->second].line,
                                            "retry_delay is longer than retry_max_delay, which holds for every retry"});
                return;
            }
        }
    }

    std::optional<std::string> expand(const IniSection& section, const IniEntry& entry) {
        Result<std::string> value = interpolation_.expand(section, entry);
        if (!value) {
            report_.errors.push_back({entry.line, value.error().message});
            return std::nullopt;
        }
        return std::move(*value);
    }

    /// The same is found once for each section that a key of [DEFAULT] stands in; it is told once.
    static void sort_by_line(std::vector<Problem>& problems) {
        std::stable_sort(problems.begin(), problems.end(),
                         [](const Problem& a, const Problem& b) { return a.line < b.line; });
        problems.erase(std::unique(problems.begin(), problems.end()), problems.end());
    }

    IniDocument document_;
    IniInterpolation interpolation_;
    ConfigReport report_;
    std::vector<Rule> rules_;
    std::map<std::string, bool, std::less<>> has_command_by_key_; ///< those whose value is refused included
};

/// The program is started in the state directory, but those who call `check` and `match` are often elsewhere.
std::string missing_file_hint(Fault fault) {
    return fault == Fault::absent ? "; it lies in the module's state directory: go there, or name it with --config"
                                  : "";
}

} // namespace

ConfigReport parse_config(std::string_view bytes) {
    return ConfigReader(parse_ini(bytes)).read();
}

ConfigReport load_config(const std::string& path, bool may_be_absent) {
    const Result<std::string> bytes = read_file(path, kMaxFileBytes);
    if (!bytes && may_be_absent && bytes.error().fault == Fault::absent) {
        ConfigReport report;
        report.is_absent = true;
        return report;
    }
    if (!bytes) {
        ConfigReport report;
        report.errors.push_back({0, bytes.error().message + missing_file_hint(bytes.error().fault)});
        return report;
    }
    return parse_config(*bytes);
}

} // namespace eventsgw
