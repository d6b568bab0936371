// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/event_printer.h"

#include "base/json.h"
#include "base/text.h"
#include "cli/payload_view.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace eventsgw {
namespace {

constexpr std::size_t kTimeWidth = 12; // hh:mm:ss.mmm
constexpr std::size_t kSourceWidth = 20;
constexpr std::size_t kNameWidth = 30;
constexpr std::size_t kBytesWidth = 8;

constexpr std::string_view kNoColour;
constexpr std::string_view kSourceColour = "\x1b[36m";
constexpr std::string_view kNameColour = "\x1b[1m";
constexpr std::string_view kTakersColour = "\x1b[32m";
constexpr std::string_view kPlain = "\x1b[0m";

/// With milliseconds: local as "15:04:05.678", else in UTC as "2026-01-02T15:04:05.678".
std::string format_time(EventPrinter::Time time, bool local) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
    const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count() % 1000;
    std::tm parts{};
    if (local) {
        ::localtime_r(&seconds, &parts);
    } else {
        ::gmtime_r(&seconds, &parts);
    }
    std::array<char, 64> text{};
    const std::size_t length =
        std::strftime(text.data(), text.size(), local ? "%H:%M:%S" : "%Y-%m-%dT%H:%M:%S", &parts);
    std::snprintf(text.data() + length, text.size() - length, ".%03d", static_cast<int>(millis));
    return text.data();
}

std::string describe(const Takers& takers) {
    constexpr std::size_t kMaxValue = 40;
    std::string text;
    for (const Rule* rule : takers.rules) {
        text += (text.empty() ? "" : ", ") + std::string("line ") + std::to_string(rule->line) + ": " +
                escape(shorten(rule->value, kMaxValue));
    }
    for (const std::string& step : takers.steps) {
        text += (text.empty() ? "step " : ", step ") + escape(step);
    }
    return text.empty() ? "-" : text;
}

std::string to_json(const std::vector<const Rule*>& rules) {
    std::string text = "[";
    for (const Rule* rule : rules) {
        text += text.size() > 1 ? "," : "";
        text += R"({"line":)" + std::to_string(rule->line) + R"(,"section":)" + to_json_string(section_of(rule->kind)) +
                R"(,"value":)" + to_json_string(rule->value) + "}";
    }
    return text + "]";
}

std::string to_json(const std::vector<std::string>& steps) {
    std::string text = "[";
    for (const std::string& step : steps) {
        text += (text.size() > 1 ? "," : "") + to_json_string(step);
    }
    return text + "]";
}

} // namespace

void EventPrinter::print_heads() {
    if (style_.json) {
        return;
    }
    print_cell(kNoColour, "TIME", kTimeWidth);
    print_cell(kNoColour, "SOURCE", kSourceWidth);
    print_cell(kNoColour, "EVENT", kNameWidth);
    out_ << std::string(kBytesWidth - 5, ' ') << "BYTES  TAKEN BY\n" << std::flush;
}

void EventPrinter::print(Time time, const Event& event, const Takers& takers) {
    if (style_.json) {
        print_object(time, event, takers);
    } else {
        print_columns(time, event, takers);
    }
    out_ << std::flush;
}

void EventPrinter::print_columns(Time time, const Event& event, const Takers& takers) {
    const EventName parts = split_channel(event.channel).value_or(EventName{event.channel, ""});
    const std::string bytes = std::to_string(event.payload.size());
    print_cell(kNoColour, format_time(time, true), kTimeWidth);
    print_cell(kSourceColour, quote_if_needed(parts.source), kSourceWidth);
    print_cell(kNameColour, parts.name.empty() ? "-" : quote_if_needed(parts.name), kNameWidth);
    out_ << std::string(kBytesWidth - std::min(kBytesWidth, bytes.size()), ' ');
    print_cell(kNoColour, bytes, 0);
    out_ << in_colour(takers.empty() ? kNoColour : kTakersColour, describe(takers)) << '\n';
    if (style_.payload) {
        out_ << std::string(kTimeWidth + 2, ' ') << show_payload(event.payload) << '\n';
    }
}

std::string EventPrinter::in_colour(std::string_view colour, const std::string& text) const {
    return style_.colour && !colour.empty() ? std::string(colour).append(text).append(kPlain) : text;
}

/// Padded to the width, with two blanks behind it.
void EventPrinter::print_cell(std::string_view colour, const std::string& text, std::size_t width) {
    out_ << in_colour(colour, text) << std::string(width - std::min(width, text.size()) + 2, ' ');
}

void EventPrinter::print_object(Time time, const Event& event, const Takers& takers) {
    const auto parts = split_channel(event.channel);
    out_ << R"({"time":")" << format_time(time, false) << R"(Z","channel":)" << to_json_string(event.channel)
         << R"(,"source":)" << (parts ? to_json_string(parts->source) : "null") << R"(,"name":)"
         << (parts ? to_json_string(parts->name) : "null") << R"(,"bytes":)" << event.payload.size() << R"(,"rules":)"
         << to_json(takers.rules) << R"(,"steps":)" << to_json(takers.steps);
    if (style_.payload) {
        out_ << R"(,"payload":)" << embed_payload(event.payload);
    }
    out_ << "}\n";
}

} // namespace eventsgw
