// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "redis/reply.h"

#include <array>
#include <string_view>
#include <utility>

namespace eventsgw {

Error make_reply_error(std::string text) {
    constexpr std::array<std::pair<std::string_view, Fault>, 5> kFaults{{
        {"NOPERM ", Fault::denied},
        {"WRONGPASS ", Fault::unauthenticated},
        {"NOAUTH ", Fault::unauthenticated},
        {"WRONGTYPE ", Fault::wrong_type},
        {"ERR Protocol error: invalid bulk length", Fault::too_large},
    }};
    for (const auto& [beginning, fault] : kFaults) {
        if (text.starts_with(beginning)) {
            return Error{std::move(text), fault};
        }
    }
    return Error{std::move(text)};
}

} // namespace eventsgw
