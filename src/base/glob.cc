// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "base/glob.h"

#include <utility>

namespace eventsgw {
namespace {

/// The comparison of one character with one element of a pattern (a character, `?`, a class, an escaped character).
struct ElementMatch {
    bool matches;
    std::size_t next; ///< offset behind the element
};

/// A class, `at` behind its opening bracket. Redis compares bytes as the platform's plain char, and so does this.
ElementMatch match_class(std::string_view pattern, std::size_t at, char c) {
    const bool negated = at < pattern.size() && pattern[at] == '^';
    if (negated) {
        ++at;
    }
    bool found = false;
    while (at < pattern.size() && pattern[at] != ']') {
        const std::size_t left = pattern.size() - at;
        if (pattern[at] == '\\' && left >= 2) {
            found = found || pattern[at + 1] == c;
            at += 2;
        } else if (left >= 3 && pattern[at + 1] == '-') {
            char low = pattern[at];
            char high = pattern[at + 2];
            if (low > high) {
                std::swap(low, high);
            }
            found = found || (c >= low && c <= high);
            at += 3;
        } else {
            found = found || pattern[at] == c;
            ++at;
        }
    }
    const std::size_t next = at < pattern.size() ? at + 1 : at;
    return {found != negated, next};
}

ElementMatch match_element(std::string_view pattern, std::size_t at, char c) {
    switch (pattern[at]) {
    case '?': return {true, at + 1};
    case '[': return match_class(pattern, at + 1, c);
    case '\\':
        if (at + 1 < pattern.size()) {
            ++at;
        }
        break;
    default: break;
    }
    return {pattern[at] == c, at + 1};
}

std::size_t skip_stars(std::string_view pattern, std::size_t at) {
    while (at < pattern.size() && pattern[at] == '*') {
        ++at;
    }
    return at;
}

} // namespace

bool is_glob(std::string_view name) {
    return name.find_first_of("*?[\\") != std::string_view::npos;
}

GlobMatch match_glob(std::string_view pattern, std::string_view text) {
    if (text.empty()) {
        return {pattern.empty(), 0, 0};
    }
    // Only the last star seen needs a second try: whatever an earlier one could skip more, the last one can skip too.
    constexpr std::size_t kNone = std::string_view::npos;
    std::size_t after_star = kNone;
    std::size_t star_text = 0;
    GlobMatch farthest{false, 0, 0};
    std::size_t p = 0;
    std::size_t t = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            p = skip_stars(pattern, p);
            if (p == pattern.size()) {
                return {true, p, text.size()};
            }
            after_star = p;
            star_text = t;
        }
        if (p > farthest.pattern_offset) {
            farthest = {false, p, t};
        }
        const ElementMatch element = p < pattern.size() ? match_element(pattern, p, text[t]) : ElementMatch{false, p};
        if (element.matches) {
            p = element.next;
            ++t;
        } else if (after_star == kNone) {
            return farthest;
        } else {
            p = after_star;
            t = ++star_text;
        }
    }
    p = skip_stars(pattern, p);
    const bool matches = p == pattern.size();
    return matches || p > farthest.pattern_offset ? GlobMatch{matches, p, t} : farthest;
}

} // namespace eventsgw
