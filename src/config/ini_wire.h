// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace eventsgw {

// How text crosses libinih. That library cuts lines at 199 bytes and names at 49, ends them at a NUL, and takes for
// syntax what its packager compiled in; so a text travels percent-encoded, in pieces, in letters that mean nothing to
// any build of it.

/// Encodes the front of `text` into at most `max_bytes` bytes and removes it there.
std::string take_encoded(std::string_view& text, std::size_t max_bytes);

/// The text of which take_encoded() made this.
std::string decode(std::string_view encoded);

} // namespace eventsgw
