// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include <string>
#include <string_view>

namespace eventsgw {

// A payload for people's eyes, in one line. In one that is JSON there is *** for what looks like a secret, in the place
// of any other that may tell one too; controls and what is not UTF-8 are escaped.

std::string show_payload(std::string_view payload);

/// A JSON value: the payload itself, or a string of it.
std::string embed_payload(std::string_view payload);

} // namespace eventsgw
