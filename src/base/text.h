// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"
#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace eventsgw {

/// Without the ASCII blanks (space, tab, line ends, \f, \v) at both ends.
std::string_view trim(std::string_view text);

/// ASCII letters in lower case; every other byte as it is.
std::string to_lower(std::string_view text);

/// Bytes from outside, made safe for a log line or a terminal: controls (C0, DEL, C1), the line and paragraph
/// separators, the bidirectional controls and whatever is not UTF-8 become \n, \t, \r or \xHH; a backslash becomes \\.
/// The result is one line of valid UTF-8.
std::string escape(std::string_view bytes);

/// The same without the backslash's own escape: for what is to be copied, and not to be read back.
std::string escape_controls(std::string_view bytes);

/// escape() in double quotes, with inner double quotes escaped.
std::string quote(std::string_view bytes);

/// escape(), in double quotes only where a reader of key=value pairs needs them: when empty, or with a blank, a quote
/// or `=`.
std::string quote_if_needed(std::string_view bytes);

/// Whether there are quotes around `text`, both single or both double.
bool is_quoted(std::string_view text);

/// `text` cut after `max_bytes` (at a code point's border) with "..." in the place of the rest.
std::string shorten(std::string_view text, std::size_t max_bytes);

/// "1 rule", "2 rules": the noun's plural must be regular.
std::string format_count(std::uint64_t count, std::string_view noun);

/// An unsigned decimal number and nothing else.
Result<std::uint64_t> parse_count(std::string_view text);

/// A duration as Go's time.ParseDuration takes it, without a sign: "5s", "1m30s", "1.5h", "75ms", "0".
/// Source: https://pkg.go.dev/time#ParseDuration (the cluster's agent reads its variables with it).
Result<std::chrono::nanoseconds> parse_duration(std::string_view text);

/// A number of bytes with an optional binary suffix K, M or G: "65536", "256M", "1G".
Result<std::uint64_t> parse_size(std::string_view text);

/// The one of `candidates` that `word` is most likely a slip of, or empty when none is near.
std::string_view find_nearest(std::string_view word, const std::vector<std::string_view>& candidates);

/// `byte` as two lower-case hexadecimal digits, at the end of `out`.
void append_hex(std::string& out, unsigned char byte);

/// `bytes` in base64 with padding (RFC 4648, section 4).
std::string to_base64(std::string_view bytes);

} // namespace eventsgw
