// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/result.h"

#include <string>
#include <string_view>

namespace eventsgw {

/// Any bytes as one segment of the path of a URI (RFC 3986, section 2.1): all but letters, digits and -._~ as %HH.
std::string percent_encode(std::string_view bytes);

/// The bytes again. A percent sign that is not followed by two hexadecimal digits is an error.
Result<std::string> percent_decode(std::string_view text);

} // namespace eventsgw
