// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include <cstdint>
#include <ostream>

namespace eventsgw {

enum class StatusFormat : std::uint8_t { text, json, openmetrics };

/// `eventsgw status`: what the gateway that runs in the working directory tells of itself, on `out`; why it does not,
/// on `err`. Returns the exit status: 0, or 69 (EX_UNAVAILABLE) when no gateway answers.
int status(StatusFormat format, std::ostream& out, std::ostream& err);

} // namespace eventsgw
