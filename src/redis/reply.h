// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <vector>

namespace eventsgw {

/// What an error of the server means, by its first word (https://redis.io/docs/latest/develop/reference/protocol-spec/,
/// "Simple errors"), or by the whole where that is ERR.
Error make_reply_error(std::string text);

/// The answer to one command, by value.
struct Reply {
    enum class Kind : std::uint8_t { nil, integer, text, error, array };

    Kind kind = Kind::nil;
    std::string text; ///< of a status, a string or an error
    std::int64_t integer = 0;
    std::vector<Reply> elements;

    bool is_error() const { return kind == Kind::error; }
    /// Only where it is one.
    Error error() const { return make_reply_error(text); }
};

} // namespace eventsgw
