// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include <cstddef>
#include <string_view>

namespace eventsgw {

/// What stands at one place of a byte string, read as UTF-8.
struct Utf8Step {
    bool valid;          ///< a well-formed code point
    std::size_t length;  ///< its bytes; of an ill-formed one the "maximal subpart", at least 1
    char32_t code_point; ///< U+FFFD when ill-formed
};

/// Reads the code point at `offset`, which must be inside `bytes`. Well-formed is what Table 3-7 of the Unicode
/// standard says (no overlong forms, no surrogates, nothing above U+10FFFF). The length of an ill-formed part follows
/// "U+FFFD Substitution of Maximal Subparts" there, which Python's and the web's decoders follow too.
Utf8Step read_utf8(std::string_view bytes, std::size_t offset);

/// The offset of the first byte that is not well-formed UTF-8, or npos.
std::size_t find_invalid_utf8(std::string_view bytes);

inline bool is_valid_utf8(std::string_view bytes) {
    return find_invalid_utf8(bytes) == std::string_view::npos;
}

} // namespace eventsgw
