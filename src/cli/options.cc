// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/options.h"

#include "base/text.h"
#include "base/time.h"
#include "daemon/control.h"

#include <algorithm>

#include <getopt.h>

namespace eventsgw {
namespace {

Result<void> set_config(Options& options, const std::string& value) {
    options.config.path = value;
    options.config.is_named = true;
    return {};
}

Result<void> set_agent_id(Options& options, const std::string& value) {
    if (value.empty()) {
        return Error{"the id is empty"};
    }
    options.agent_id = value;
    return {};
}

Result<void> set_log_level(Options& options, const std::string& value) {
    const Result<LogLevel> level = parse_log_level(value);
    if (!level) {
        return level.error();
    }
    options.log_level = *level;
    return {};
}

Result<void> set_format(Options& options, const std::string& value) {
    options.format = value;
    options.json = value == "json";
    return {};
}

Result<void> add_events_directory(Options& options, const std::string& value) {
    if (value.empty()) {
        return Error{"the path is empty"};
    }
    options.config.events_directories.push_back(value);
    return {};
}

Result<void> set_data(Options& options, const std::string& value) {
    options.data = value;
    return {};
}

Result<void> set_wait(Options& options, const std::string& /*value*/) {
    options.wait = true;
    return {};
}

Result<void> set_payload(Options& options, const std::string& /*value*/) {
    options.payload = true;
    return {};
}

Result<void> set_to(Options& options, const std::string& value) {
    if (value.empty()) {
        return Error{"the directory's name is empty"};
    }
    options.to = value;
    return {};
}

Result<void> set_dry_run(Options& options, const std::string& /*value*/) {
    options.dry_run = true;
    return {};
}

Result<void> set_partial(Options& options, const std::string& /*value*/) {
    options.partial = true;
    return {};
}

Result<void> set_retry(Options& options, const std::string& value) {
    const Result<std::chrono::nanoseconds> duration = parse_duration(value);
    if (!duration) {
        return duration.error();
    }
    if (*duration > std::chrono::hours(24)) {
        return Error{"more than 24h: " + quote(value)};
    }
    options.retry = *duration;
    return {};
}

Result<void> set_prune(Options& options, const std::string& /*value*/) {
    options.prune = true;
    return {};
}

Result<void> set_force(Options& options, const std::string& /*value*/) {
    options.force = true;
    return {};
}

Result<void> set_journal(Options& options, const std::string& value) {
    options.journal = value;
    return {};
}

Result<void> set_event(Options& options, const std::string& value) {
    options.event = value;
    return {};
}

Result<void> set_failed(Options& options, const std::string& /*value*/) {
    options.failed = true;
    return {};
}

Result<void> set_since(Options& options, const std::string& value) {
    if (const Result<std::chrono::nanoseconds> duration = parse_duration(value)) {
        options.since = std::chrono::system_clock::now() -
                        std::chrono::duration_cast<std::chrono::system_clock::duration>(*duration);
        return {};
    }
    constexpr std::uint64_t kMostDays = 36500;
    if (value.ends_with('d')) {
        const Result<std::uint64_t> days = parse_count(std::string_view(value).substr(0, value.size() - 1));
        if (days && *days <= kMostDays) {
            options.since = std::chrono::system_clock::now() - std::chrono::hours(24) * *days;
            return {};
        }
    }
    Result<std::chrono::system_clock::time_point> time = parse_rfc3339(value);
    time = time ? time : parse_local_time(value);
    if (!time) {
        return Error{"neither a duration, such as 90m or 7d, nor a time, such as 2026-11-24, \"2026-11-24 19:22\" or "
                     "2026-11-24T19:22:01Z: " +
                     quote(value)};
    }
    options.since = *time;
    return {};
}

Result<void> set_all(Options& options, const std::string& /*value*/) {
    options.all = true;
    return {};
}

Result<void> set_idle(Options& options, const std::string& /*value*/) {
    options.idle = true;
    return {};
}

Result<void> set_timeout(Options& options, const std::string& value) {
    const Result<std::chrono::nanoseconds> duration = parse_duration(value);
    if (!duration) {
        return duration.error();
    }
    options.time = *duration;
    return {};
}

/// The gateway takes no other either.
Result<void> set_for(Options& options, const std::string& value) {
    Result<void> set = set_timeout(options, value);
    if (set && (*options.time <= std::chrono::nanoseconds::zero() || *options.time > Control::kLongestPause)) {
        return Error{"not longer than 0s, or longer than 8760h: " + quote(value)};
    }
    return set;
}

Result<void> set_help(Options& options, const std::string& /*value*/) {
    options.help = true;
    return {};
}

Result<void> set_version(Options& options, const std::string& /*value*/) {
    options.version = true;
    return {};
}

bool is_allowed(std::string_view name, const std::vector<std::string_view>& allowed) {
    return name == "help" || name == "version" || std::find(allowed.begin(), allowed.end(), name) != allowed.end();
}

/// What getopt_long(3) answers when it finds the option of this index in options_table(): no character does.
constexpr int kFirstAnswer = 256;

/// getopt_long(3)'s table of the allowed rows.
std::vector<option> make_getopt_table(const std::vector<std::string_view>& allowed) {
    std::vector<option> rows;
    int answer = kFirstAnswer;
    for (const OptionRow& row : options_table()) {
        if (is_allowed(row.name, allowed)) {
            const int has_argument = row.argument.empty() ? no_argument : required_argument;
            rows.push_back(option{row.name.data(), has_argument, nullptr, answer});
        }
        ++answer;
    }
    rows.push_back(option{nullptr, 0, nullptr, 0});
    return rows;
}

/// getopt_long(3)'s short options of the allowed rows; the colon in front makes it tell a missing value apart.
std::string make_letters(const std::vector<std::string_view>& allowed) {
    std::string letters = ":";
    for (const OptionRow& row : options_table()) {
        if (row.letter != '\0' && is_allowed(row.name, allowed)) {
            letters += row.letter;
            letters += row.argument.empty() ? "" : ":";
        }
    }
    return letters;
}

/// The row that getopt_long(3) has found.
const OptionRow& row_of(int answer) {
    const std::vector<OptionRow>& table = options_table();
    if (answer >= kFirstAnswer) {
        return table[static_cast<std::size_t>(answer - kFirstAnswer)];
    }
    return *std::find_if(table.begin(), table.end(), [&](const OptionRow& row) { return row.letter == answer; });
}

} // namespace

const std::vector<OptionRow>& options_table() {
    static const std::vector<OptionRow> table{
        {"config", '\0', "FILE", "the configuration to read (default: ./eventsgw.conf)", set_config},
        {"agentid", '\0', "ID", "the agent to work for, such as module/mail1 (default: $AGENT_ID)", set_agent_id},
        {"eventsdir", '\0', "DIR", "a directory of event handlers; may be given again", add_events_directory},
        {"log-level", '\0', "LEVEL", "error, warning, notice, info (the default) or debug", set_log_level},
        {"format", '\0', "FORMAT", "text (the default), json or openmetrics", set_format, "status"},
        {"format", '\0', "FORMAT", "text (the default) or json", set_format},
        {"data", '\0', "JSON", "the payload, or - for standard input (default: {})", set_data, "publish"},
        {"force", '\0', "", "publish what breaks the rules for events", set_force, "publish"},
        {"data", '\0', "FILE", "what the action gets, or - for standard input (the default)", set_data, "submit"},
        {"wait", '\0', "", "wait for the end; show output and error, exit with the action's code", set_wait},
        {"retry", '\0', "DURATION", "as long as the leader is away, try for so long: 5m (default: 0s)", set_retry},
        {"payload", '\0', "", "show payloads, with *** for what looks like a secret", set_payload},
        {"to", '\0', "DIR", "the events directory to write to, such as ../events", set_to},
        {"dry-run", '\0', "", "write nothing, and show what would be written", set_dry_run},
        {"partial", '\0', "", "leave out the rules that no step can replace", set_partial},
        {"force", '\0', "", "replace steps whose rules have changed, unless edited", set_force, "migrate"},
        {"prune", '\0', "", "delete steps whose rules are gone, unless edited", set_prune},
        {"journal", '\0', "FILE", "the journal to look at (default: ./eventsgw.journal)", set_journal},
        {"event", '\0', "NAME", "events of this name, or on this channel", set_event},
        {"failed", '\0', "", "what did not succeed", set_failed},
        {"since", '\0', "TIME", "what ended in the last 90m, 7d ..., or since 2026-11-24T19:22:01Z", set_since},
        {"all", '\0', "", "all rules of [commands] and all handlers", set_all},
        {"for", '\0', "DURATION", "resume by itself after 30m, 8h ...; at most 8760h", set_for},
        {"idle", '\0', "", "wait until nothing waits or runs; what is held does not count", set_idle},
        {"timeout", '\0', "DURATION", "give up after 30s, 5m ...; exit status 2 (default: never)", set_timeout},
        {"help", 'h', "", "show this help and exit", set_help},
        {"version", 'V', "", "show the version and exit", set_version},
    };
    return table;
}

Result<Options> parse_options(const std::vector<std::string>& words, const std::vector<std::string_view>& allowed) {
    const std::vector<option> table = make_getopt_table(allowed);
    const std::string letters = make_letters(allowed);
    // getopt_long reorders its array of pointers; the words themselves it leaves alone.
    std::string program = "eventsgw";
    std::vector<std::string> copies = words;
    std::vector<char*> pointers{program.data()};
    std::transform(copies.begin(), copies.end(), std::back_inserter(pointers),
                   [](std::string& word) { return word.data(); });
    pointers.push_back(nullptr);
    const int count = static_cast<int>(pointers.size()) - 1;

    Options options;
    opterr = 0;
    optind = 0;
    for (;;) {
        const int found = ::getopt_long(count, pointers.data(), letters.c_str(), table.data(), nullptr);
        if (found == -1) {
            break;
        }
        if (found == '?' || found == ':') {
            // A letter is named by optopt; a word has just been passed, wherever getopt_long has moved it.
            const bool is_letter = optopt > 0 && optopt < kFirstAnswer;
            const std::string word = quote(is_letter ? std::string{'-', static_cast<char>(optopt)}
                                                     : pointers[static_cast<std::size_t>(optind) - 1]);
            return Error{found == '?' ? "unknown option " + word : "option " + word + " needs a value"};
        }
        const OptionRow& row = row_of(found);
        if (const Result<void> done = row.set(options, optarg != nullptr ? optarg : ""); !done) {
            return within("--" + std::string(row.name), done.error());
        }
    }
    for (int i = optind; i < count; ++i) {
        options.arguments.emplace_back(pointers[static_cast<std::size_t>(i)]);
    }
    return options;
}

} // namespace eventsgw
