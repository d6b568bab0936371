// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/result.h"
#include "daemon/json_tree.h"

#include <string>

namespace eventsgw {

/// What the running gateway of the working directory answers to an HTTP request on its socket: the body of a response
/// with status 200. Waits at most 5 s for each part of it. Errors say what to do next. Fault::refused when the gateway
/// itself has refused, Fault::no_match when it has no such work, and Fault::unanswered when it may carry out what it
/// was asked all the same.
Result<std::string> ask_gateway(const std::string& method, const std::string& path);

/// What it answers to GET /status.
Result<JsonTree> parse_report(const std::string& answer);

/// The error for an answer that no gateway gives.
Error no_gateway_there();

} // namespace eventsgw
