// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace eventsgw {

/// Whether `text` is one JSON value by RFC 8259 to the letter, in valid UTF-8 and with arrays and objects nested at
/// most `max_depth` deep. No number is converted and no tree is built: 1e400, a lone surrogate escape and a key given
/// twice are grammar, and pass. NaN, a byte order mark, \v as a blank, 01 and a raw control character are not, and do
/// not.
bool is_strict_json(std::string_view text, std::size_t max_depth);

/// `bytes` as a JSON string, quotes included. Controls (C0, DEL and C1) become escapes; what is not UTF-8 becomes
/// U+FFFD, one for each maximal ill-formed part. The result is always strict JSON.
std::string to_json_string(std::string_view bytes);

/// JSON in UTF-8 with its C1 controls as escapes, which say the same: only in strings can one be.
std::string escape_c1(std::string_view json);

/// to_json_string() at the end of `out`.
void append_json_string(std::string& out, std::string_view bytes);

} // namespace eventsgw
