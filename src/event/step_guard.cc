// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "event/step_guard.h"

#include "base/glob.h"
#include "base/text.h"
#include "event/event.h"
#include "event/shell.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <utility>
#include <vector>

namespace eventsgw {
namespace {

constexpr std::string_view kSeparator = "/event/";

/// One element of a Redis pattern.
struct Element {
    enum class Kind : std::uint8_t { literal, any_one, star, one_of };

    Kind kind;
    char literal;          ///< of a literal
    std::string_view text; ///< as it stands in the pattern
};
using Elements = std::vector<Element>;

/// The offset behind a class that begins at `at`; as in match_glob(), where a range may end in a bracket.
std::size_t skip_class(std::string_view pattern, std::size_t at) {
    ++at;
    if (at < pattern.size() && pattern[at] == '^') {
        ++at;
    }
    while (at < pattern.size() && pattern[at] != ']') {
        const std::size_t left = pattern.size() - at;
        if (pattern[at] == '\\' && left >= 2) {
            at += 2;
        } else {
            at += left >= 3 && pattern[at + 1] == '-' ? 3 : 1;
        }
    }
    return std::min(at + 1, pattern.size());
}

Element take_element(std::string_view pattern, std::size_t at) {
    using Kind = Element::Kind;
    switch (pattern[at]) {
    case '*': return {Kind::star, 0, pattern.substr(at, 1)};
    case '?': return {Kind::any_one, 0, pattern.substr(at, 1)};
    case '[': return {Kind::one_of, 0, pattern.substr(at, skip_class(pattern, at) - at)};
    case '\\':
        if (at + 1 < pattern.size()) {
            return {Kind::literal, pattern[at + 1], pattern.substr(at, 2)};
        }
        [[fallthrough]];
    default: return {Kind::literal, pattern[at], pattern.substr(at, 1)};
    }
}

Elements parse(std::string_view channel, bool is_pattern) {
    Elements elements;
    for (std::size_t at = 0; at < channel.size(); at += elements.back().text.size()) {
        elements.push_back(is_pattern ? take_element(channel, at)
                                      : Element{Element::Kind::literal, channel[at], channel.substr(at, 1)});
    }
    return elements;
}

bool is_literal(const Element& element) {
    return element.kind == Element::Kind::literal;
}

/// Where the first "/event/" of nothing but literals begins.
Elements::const_iterator find_separator(const Elements& elements) {
    return std::search(elements.begin(), elements.end(), kSeparator.begin(), kSeparator.end(),
                       [](const Element& element, char c) { return is_literal(element) && element.literal == c; });
}

/// What literals mean.
std::string read_literals(Elements::const_iterator from, Elements::const_iterator to) {
    std::string text;
    std::transform(from, to, std::back_inserter(text), [](const Element& element) { return element.literal; });
    return text;
}

Result<std::string> read_name(Elements::const_iterator from, Elements::const_iterator to) {
    if (!std::all_of(from, to, is_literal)) {
        return Error{"a glob in the event's name, which is a directory's"};
    }
    std::string name = read_literals(from, to);
    if (!is_valid_name(name)) {
        return Error{"no handler is run for an event with the name " + quote(name)};
    }
    return name;
}

bool is_letter_or_digit(std::size_t byte) {
    return byte < 0x80 && std::isalnum(static_cast<int>(byte)) != 0;
}

/// Letters and digits as they stand in a bracket expression, or as a range of them.
std::string write_plain_members(const std::array<bool, 256>& members) {
    constexpr std::size_t kRange = 4; // shorter runs are written out
    std::string text;
    for (std::size_t byte = 1; byte < members.size();) {
        std::size_t end = byte;
        while (end < members.size() && members[end] && is_letter_or_digit(end)) {
            ++end;
        }
        if (end - byte >= kRange) {
            text.append({static_cast<char>(byte), '-', static_cast<char>(end - 1)});
        }
        for (; end - byte < kRange && byte < end; ++byte) {
            text += static_cast<char>(byte);
        }
        byte = std::max(byte + 1, end);
    }
    return text;
}

/// The members of a bracket expression of the shell, in the C locale. All but letters and digits are quoted: so they
/// have no meaning of their own there. The order is one in which shellcheck suspects nothing: not quotes around
/// letters, not a backslash at the end of quotes, not a variable in them.
std::string write_members(const std::array<bool, 256>& members) {
    std::string quoted;
    for (std::size_t byte = 1; byte < members.size(); ++byte) {
        const char c = static_cast<char>(byte);
        if (members[byte] && !is_letter_or_digit(byte) && std::string_view("'\\$").find(c) == std::string_view::npos) {
            quoted += c;
        }
    }
    quoted += members['$'] ? "$" : "";
    std::string text = write_plain_members(members);
    text += quoted.empty() ? "" : "'" + quoted + "'";
    text += members['\\'] ? "\\\\" : "";
    return text + (members['\''] ? "\\'" : "");
}

/// A class as a bracket expression. NUL is left out, for no variable holds one.
Result<std::string> translate_class(std::string_view text) {
    std::array<bool, 256> members{};
    for (std::size_t byte = 1; byte < members.size(); ++byte) {
        const char c = static_cast<char>(byte);
        members[byte] = match_glob(text, std::string_view(&c, 1)).matches;
    }
    const auto count = std::count(members.begin() + 1, members.end(), true);
    if (count == 0) {
        return Error{"the class " + quote(text) + " matches no character"};
    }
    if (count == 255) {
        return std::string("?");
    }
    const bool negated = members[255];
    if (negated) {
        std::transform(members.begin(), members.end(), members.begin(), std::logical_not());
    }
    if (std::any_of(members.begin() + 0x80, members.end(), [](bool is_member) { return is_member; })) {
        return Error{"the class " + quote(text) + " has characters that are not ASCII"};
    }
    return (negated ? "[!" : "[") + write_members(members) + "]";
}

/// The source as a pattern of case. Its literals mean nothing but themselves there.
Result<std::string> translate(Elements::const_iterator from, Elements::const_iterator to) {
    std::string pattern;
    std::string literals;
    for (auto element = from; element != to; ++element) {
        if (is_literal(*element)) {
            literals += element->literal;
            continue;
        }
        pattern += std::exchange(literals, {});
        if (element->kind == Element::Kind::one_of) {
            Result<std::string> set = translate_class(element->text);
            if (!set) {
                return set;
            }
            pattern += *set;
        } else if (element->kind == Element::Kind::any_one || pattern.empty() || pattern.back() != '*') {
            pattern += element->text;
        }
    }
    return pattern + literals;
}

bool needs_bytes(const Element& element) {
    return element.kind == Element::Kind::any_one || element.kind == Element::Kind::one_of;
}

/// Whether no source that has a handler can match, for a literal that is none of its characters.
bool is_hopeless(const Element& element) {
    return is_literal(element) && element.literal != '/' && !is_name_character(element.literal);
}

Result<std::string> make_guard(Elements::const_iterator from, Elements::const_iterator to) {
    if (std::all_of(from, to, is_literal)) {
        const std::string source = read_literals(from, to);
        const std::string word =
            is_plain_call(source) ? source : "'" + source + "'"; // `esac` is a keyword to shellcheck
        return is_valid_source(source)
                   ? "[ \"$AGENT_EVENT_SOURCE\" = " + word + " ] || exit 0\n"
                   : Result<std::string>(Error{"no handler is run for an event of the source " + quote(source)});
    }
    if (const auto element = std::find_if(from, to, is_hopeless); element != to) {
        return Error{"no handler is run for an event of a source with " + quote(element->text) + " in it"};
    }
    Result<std::string> pattern = translate(from, to);
    if (!pattern || *pattern == "*") {
        return pattern ? std::string() : pattern;
    }
    if (std::any_of(from, to, needs_bytes)) {
        return "(LC_ALL=C; case $AGENT_EVENT_SOURCE in " + *pattern + ") ;; *) exit 1 ;; esac) || exit 0\n";
    }
    return "case $AGENT_EVENT_SOURCE in\n" + *pattern + ") ;;\n*) exit 0 ;;\nesac\n";
}

} // namespace

Result<StepPlace> locate_step(std::string_view channel, bool is_pattern) {
    if (channel.find('\0') != std::string_view::npos) {
        return Error{"a NUL, which no variable of a step can hold"};
    }
    const Elements elements = parse(channel, is_pattern);
    const auto separator = find_separator(elements);
    if (separator == elements.end()) {
        return Error{"no /event/ in it, which every event of a directory has"};
    }
    Result<std::string> name = read_name(separator + kSeparator.size(), elements.end());
    if (!name) {
        return std::move(name).error();
    }
    Result<std::string> guard = make_guard(elements.begin(), separator);
    if (!guard) {
        return std::move(guard).error();
    }
    return StepPlace{std::move(*name), std::move(*guard)};
}

} // namespace eventsgw
