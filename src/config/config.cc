// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "config/config.h"

#include "base/chrono.h"
#include "base/file.h"
#include "base/glob.h"
#include "config/ini.h"
#include "config/ini_interpolation.h"
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
        for (Problem& problem : find_doubtful(document_, rules_)) {
            report_.warnings.push_back(std::move(problem));
        }
        sort_by_line(report_.errors);
        sort_by_line(report_.warnings);
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
                if (settings.coalesce > std::chrono::nanoseconds::zero() && report_.settings.queue_limit == 0) {
                    report_.warnings.push_back(
                        {section.line, "each event of section " + show(section.name) +
                                           " will be refused: one that coalesces waits "
                                           "for others, and with queue_limit = 0 none may wait"});
                }
                report_.handlers.insert_or_assign(std::string(*name), std::move(settings));
            }
        }
    }

    template <typename T> void apply_section(const IniSection& section, T& settings) {
        for (const IniEntry& entry : section.entries) {
            const std::optional<std::string> value = expand(section, entry);
            if (!value) {
                continue;
            }
            if (const Result<void> done = apply_setting(settings, entry.key, *value); !done) {
                report_.errors.push_back({entry.line, done.error().message + comment_hint(*value)});
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
