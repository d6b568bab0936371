// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "event/well_known.h"

#include <string>
#include <vector>

namespace eventsgw {

/// How a payload differs from what listeners of the event know: members that are missing, or of another type. In words
/// that follow "warning: ".
std::vector<std::string> review_payload(const WellKnownEvent& event, const std::string& payload);

} // namespace eventsgw
