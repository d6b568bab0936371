// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "event/made_step.h"

#include "base/text.h"
#include "config/rules.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace eventsgw {
namespace {

constexpr std::string_view kOrigin = "#!/bin/sh\n# Made by \"eventsgw migrate\" from line ";
constexpr std::string_view kRemark =
    "# Rules do not depend on each other: a failure is logged, and the next step runs.\n";
constexpr std::string_view kChecksum = "# As it was made, its checksum is ";

/// FNV-1a, which finds what people edit and is not meant against those who want it not to. Source:
/// https://datatracker.ietf.org/doc/html/draft-eastlake-fnv
std::string sum(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const char c : text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    }
    std::string digits;
    for (int shift = 56; shift >= 0; shift -= 8) {
        append_hex(digits, static_cast<unsigned char>(hash >> static_cast<unsigned>(shift)));
    }
    return digits;
}

std::string name_rule(const Rule& rule) {
    return name_step_channel(rule) + escape(rule.value) + "\n";
}

/// Takes the line that begins with `head` out of the text; the rest of that line, or nothing when there is none.
std::optional<std::string> take_line(std::string& text, std::string_view head) {
    const std::size_t at = text.find("\n" + std::string(head));
    if (at == std::string::npos) {
        return std::nullopt;
    }
    const std::size_t end = std::min(text.find('\n', at + 1), text.size());
    std::string rest = text.substr(at + 1 + head.size(), end - at - 1 - head.size());
    text.erase(at, end - at);
    return rest;
}

} // namespace

std::string name_step_channel(const Rule& rule) {
    return "#   [" + std::string(section_of(rule.kind)) + "]\n#   " + escape(rule.channel) + " = ";
}

std::string put_step_head(const Rule& rule, const std::string& file, std::string_view body) {
    const std::string described = name_rule(rule) + std::string(kRemark);
    const std::string checksum = sum(described + std::string(body));
    return std::string(kOrigin) + std::to_string(rule.line) + " of " + escape(file) + ":\n" + described +
           std::string(kChecksum) + checksum + ".\n" + std::string(body);
}

std::optional<MadeStep> read_made_step(std::string_view text) {
    const std::size_t origin_end = text.find(":\n", kOrigin.size());
    if (text.substr(0, kOrigin.size()) != kOrigin || origin_end == std::string_view::npos ||
        text.find('\n', kOrigin.size()) < origin_end) {
        return std::nullopt;
    }
    std::string content(text.substr(origin_end + 2));
    const std::optional<std::string> checksum = take_line(content, kChecksum);
    const bool is_edited = !checksum || *checksum != sum(content) + ".";
    const std::size_t rule_end = content.find('\n', content.find('\n') + 1);
    std::string rule = content.substr(0, rule_end);
    return MadeStep{std::move(rule), std::move(content), is_edited};
}

} // namespace eventsgw
