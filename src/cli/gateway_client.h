// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/result.h"

#include <string>

namespace eventsgw {

/// What the running gateway of the working directory answers to an HTTP request on its socket: the body of a response
/// with status 200. Waits at most 5 s. Errors say what to do next.
Result<std::string> ask_gateway(const std::string& method, const std::string& path);

} // namespace eventsgw
