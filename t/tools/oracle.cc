// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

// Lets the tests in Python ask this program's parsers. Standard input is a row of frames, each a length (32 bits, in
// the machine's byte order) and so many bytes; standard output gets one line for each frame.
//
//   oracle json DEPTH   1 when the frame is strict JSON nested at most DEPTH deep, else 0
//   oracle string       the frame as a JSON string, in hexadecimal
//   oracle glob         of two frames, a pattern and a text, one line: 1 when they match, else 0
//   oracle ini          the frame as an INI file: "refused LINE", or "accepted" and fields that begin with S (a
//   section's
//                       name), K (a key), V (its value) or E (the error of its interpolation), then hexadecimal;
//                       [DEFAULT] comes first, and each section's items are those of Python's ConfigParser.items()
//   oracle events       takes no frames: the part of eventsgw-events(7) that well_known_events() makes
//   oracle guard        the frame as the pattern of a rule: "refused", or in hexadecimal the directory of its step, a
//                       line end and its guard
//   oracle settings     takes no frames: a line "NAME DEFAULT [VARIABLE]" for each row of settings_table()

#include "base/glob.h"
#include "base/json.h"
#include "base/result.h"
#include "base/text.h"
#include "config/ini.h"
#include "config/ini_interpolation.h"
#include "config/settings.h"
#include "event/step_guard.h"
#include "event/well_known.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace eventsgw {
namespace {

using Answer = std::function<std::string(const std::string& frame)>;

std::string to_hex(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    hex.reserve(2 * bytes.size());
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        hex += kDigits[byte >> 4U];
        hex += kDigits[byte & 15U];
    }
    return hex;
}

std::optional<std::string> read_frame() {
    std::uint32_t length = 0;
    if (std::fread(&length, sizeof length, 1, stdin) != 1) {
        return std::nullopt;
    }
    std::string frame(length, '\0');
    if (std::fread(frame.data(), 1, length, stdin) != length) {
        std::fputs("oracle: the last frame is cut\n", stderr);
        std::exit(EXIT_FAILURE);
    }
    return frame;
}

Answer make_json_answer(std::string_view depth) {
    const Result<std::uint64_t> max_depth = parse_count(depth);
    if (!max_depth) {
        return nullptr;
    }
    return [limit = *max_depth](const std::string& frame) {
        return std::string(is_strict_json(frame, limit) ? "1" : "0");
    };
}

std::string answer_string(const std::string& frame) {
    return to_hex(to_json_string(frame));
}

std::string describe_section(const IniDocument& document, const IniSection& section, IniInterpolation& interpolation) {
    std::string text = " S" + to_hex(section.name);
    for (const IniEntry* entry : merge_defaults(document, section)) {
        const Result<std::string> value = interpolation.expand(section, *entry);
        text += " K" + to_hex(entry->key);
        text += value ? " V" + to_hex(*value) : " E" + to_hex(value.error().message);
    }
    return text;
}

std::string answer_ini(const std::string& frame) {
    const IniDocument document = parse_ini(frame);
    if (!document.errors.empty()) {
        return "refused " + std::to_string(document.errors.front().line);
    }
    IniInterpolation interpolation(document);
    std::string text = "accepted" + describe_section(document, document.defaults, interpolation);
    for (const IniSection& section : document.sections) {
        text += describe_section(document, section, interpolation);
    }
    return text;
}

void print_settings() {
    for (const SettingRow& row : settings_table()) {
        std::string line(row.name);
        line.append(" ").append(row.default_value);
        if (!row.environment.empty()) {
            line.append(" ").append(row.environment);
        }
        std::puts(line.c_str());
    }
}

std::string describe_member(const PayloadMember& member) {
    std::string text(to_string(member.type));
    if (text.empty()) {
        text = "of several types";
    }
    text += member.is_optional ? ", not always there" : "";
    return text + (member.note.empty() ? "" : ": " + std::string(member.note));
}

/// mdoc(7) wants each sentence on a line of its own.
std::string break_sentences(std::string text) {
    for (std::size_t at = text.find(". "); at != std::string::npos; at = text.find(". ", at)) {
        text[at + 1] = '\n';
    }
    return text;
}

/// In mdoc(7).
void print_events() {
    for (const WellKnownEvent& event : well_known_events()) {
        std::printf(".Ss %s\n%s\n.Pp\nPublished by: %s.\n", std::string(event.name).c_str(),
                    break_sentences(std::string(event.meaning)).c_str(), std::string(event.publishers).c_str());
        if (!event.members.empty()) {
            std::puts(".Bl -tag -width \"destination_ids\" -compact");
        }
        for (const PayloadMember& member : event.members) {
            std::printf(".It Li %s\n%s\n", std::string(member.name).c_str(), describe_member(member).c_str());
        }
        if (!event.members.empty()) {
            std::puts(".El");
        }
        std::printf(".Bd -literal -offset indent\n%s\n.Ed\n", std::string(event.example).c_str());
    }
}

std::string answer_glob(const std::string& pattern) {
    const std::optional<std::string> text = read_frame();
    return text && match_glob(pattern, *text).matches ? "1" : "0";
}

std::string answer_guard(const std::string& pattern) {
    const Result<StepPlace> place = locate_step(pattern, true);
    return place ? to_hex(place->event + "\n" + place->guard) : "refused";
}

Answer find_answer(std::string_view mode, std::string_view argument) {
    if (mode == "json") {
        return make_json_answer(argument);
    }
    if (mode == "string") {
        return answer_string;
    }
    if (mode == "glob") {
        return answer_glob;
    }
    if (mode == "guard") {
        return answer_guard;
    }
    if (mode == "ini") {
        return answer_ini;
    }
    return nullptr;
}

} // namespace
} // namespace eventsgw

int main(int argc, char** argv) {
    using namespace eventsgw;
    const std::string_view mode = argc > 1 ? argv[1] : "";
    if (mode == "settings") {
        print_settings();
        return EXIT_SUCCESS;
    }
    if (mode == "events") {
        print_events();
        return EXIT_SUCCESS;
    }
    const Answer answer = find_answer(mode, argc > 2 ? argv[2] : "");
    if (!answer) {
        std::fputs("usage: oracle json DEPTH | string | glob | guard | ini | events | settings\n", stderr);
        return EXIT_FAILURE;
    }
    while (const std::optional<std::string> frame = read_frame()) {
        std::puts(answer(*frame).c_str());
    }
    return EXIT_SUCCESS;
}
