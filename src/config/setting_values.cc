// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "config/setting_values.h"

#include "base/text.h"
#include "config/address.h"
#include "config/problem.h"

#include <algorithm>
#include <initializer_list>

namespace eventsgw {

Result<Durability> parse_durability(std::string_view text) {
    if (text == "outage" || text == "always") {
        return text == "always" ? Durability::always : Durability::outage;
    }
    return Error{"must be outage or always: " + show(text)};
}

Result<std::string> parse_listen_address(std::string_view text) {
    if (text.empty()) {
        return std::string();
    }
    const Result<Address> address = parse_address(text);
    if (!address) {
        return address.error();
    }
    const bool has_port = !text.empty() && text.back() != ']' && text.find(':') != std::string_view::npos;
    if (!address->is_unix() && !(has_port && is_numeric_host(address->host))) {
        return Error{"must be a numeric address with a port, such as 127.0.0.1:9464, or the path of a socket: " +
                     show(text)};
    }
    return std::string(text);
}

Result<HistoryPayload> parse_history_payload(std::string_view text) {
    if (text == "no") {
        return HistoryPayload::no;
    }
    if (text == "failed") {
        return HistoryPayload::failed;
    }
    if (text == "yes") {
        return HistoryPayload::yes;
    }
    return Error{"must be yes, no or failed: " + show(text)};
}

Result<bool> parse_flag(std::string_view text) {
    if (text == "yes" || text == "no") {
        return text == "yes";
    }
    return Error{"neither yes nor no: " + show(text)};
}

Result<Serialize> parse_serialize(std::string_view text) {
    if (text == "none") {
        return Serialize::none;
    }
    if (text == "event") {
        return Serialize::event;
    }
    if (text == "source") {
        return Serialize::source;
    }
    return Error{"not one of none, event, source: " + show(text)};
}

Result<CoalesceBy> parse_coalesce_by(std::string_view text) {
    if (text == "payload" || text == "event") {
        return text == "payload" ? CoalesceBy::payload : CoalesceBy::event;
    }
    return Error{"must be payload or event: " + show(text)};
}

Result<Interrupted> parse_interrupted(std::string_view text) {
    if (text == "again" || text == "drop") {
        return text == "again" ? Interrupted::again : Interrupted::drop;
    }
    return Error{"must be again or drop: " + show(text)};
}

Result<std::vector<std::uint64_t>> parse_codes(std::string_view text, std::uint64_t minimum, std::uint64_t maximum) {
    std::vector<std::uint64_t> codes;
    for (text = trim(text); !text.empty(); text = trim(text)) {
        const std::string_view word = text.substr(0, text.find_first_of(" \t\n"));
        const Result<std::uint64_t> code = parse_count(word);
        if (!code || *code < minimum || *code > maximum) {
            return Error{"not exit statuses from " + std::to_string(minimum) + " to " + std::to_string(maximum) +
                         " with blanks between them: " + show(word)};
        }
        codes.push_back(*code);
        text.remove_prefix(word.size());
    }
    return codes;
}

Result<std::vector<std::string>> parse_directories(std::string_view text) {
    std::vector<std::string> directories;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (line.find('\0') != std::string_view::npos) {
            return Error{"a path has no NUL in it: " + show(line)};
        }
        if (const std::string_view directory = trim(line); !directory.empty()) {
            directories.emplace_back(directory);
        }
    }
    return directories;
}

namespace {

struct Unit {
    std::uint64_t size;
    const char* suffix;
};

std::string in_largest_unit(std::uint64_t number, std::initializer_list<Unit> from_large_to_small) {
    for (const Unit& unit : from_large_to_small) {
        if (number != 0 && number % unit.size == 0) {
            return std::to_string(number / unit.size) + unit.suffix;
        }
    }
    return std::to_string(number);
}

} // namespace

std::string format_limit(SettingKind kind, std::uint64_t limit) {
    if (kind == SettingKind::duration) {
        return in_largest_unit(limit, {{3600000, "h"}, {1000, "s"}, {1, "ms"}});
    }
    if (kind == SettingKind::size) {
        return in_largest_unit(limit, {{kGibibyte, "G"}, {kMebibyte, "M"}, {kKibibyte, "K"}});
    }
    return std::to_string(limit);
}

} // namespace eventsgw
