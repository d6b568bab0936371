// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include <cstddef>
#include <string_view>

namespace eventsgw {

/// Whether `name` holds a character that makes it a Redis pattern: one of the characters *?[\ in it.
bool is_glob(std::string_view name);

/// The outcome of a comparison, and how far it came: for those who have to say why something does not match. Of several
/// attempts, as a star makes them, the one that came farthest in the pattern counts, and the first of those.
struct GlobMatch {
    bool matches;
    std::size_t
        pattern_offset; ///< of the element that did not match: a character, `?`, a class, `\x`; or the pattern's end
    std::size_t text_offset; ///< of the character it was compared with; or the text's end
};

/// Compares as Redis does for PSUBSCRIBE, byte by byte and case-sensitively, oddities included: nothing but an empty
/// pattern matches an empty text, an unclosed class ends with the pattern, [z-a] is [a-z]. Takes time linear in both
/// lengths for each `*`. Source: https://redis.io/docs/latest/commands/psubscribe/ and the behaviour of
/// redis-server 7.0, which a test compares with.
GlobMatch match_glob(std::string_view pattern, std::string_view text);

} // namespace eventsgw
