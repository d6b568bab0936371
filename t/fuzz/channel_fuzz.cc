// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

// The input is a channel.

#include "event/event.h"

#include <cstdint>
#include <cstdlib>
#include <string>

using namespace eventsgw;

namespace {

void require(bool condition) {
    if (!condition) {
        std::abort();
    }
}

/// What no valid name may hold, wherever it is used: in a path, in a line of the log, in a variable.
void require_harmless(std::string_view text) {
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        require(byte > ' ' && byte < 0x7F && c != '"' && c != '\\' && c != '=' && c != '$' && c != '*');
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string channel(reinterpret_cast<const char*>(data), size);
    const auto parts = split_channel(channel);
    require(parts.has_value() == (channel.find("/event/") != std::string::npos));
    if (parts) {
        require(std::string(parts->source) + "/event/" + std::string(parts->name) == channel);
        require(parts->source.find("/event/") == std::string_view::npos);
        if (is_valid_name(parts->name)) {
            require_harmless(parts->name);
            require(parts->name.find('/') == std::string_view::npos && parts->name.front() != '.');
            require(parts->name.size() <= 255);
        }
        if (is_valid_source(parts->source)) {
            require_harmless(parts->source);
            require(("/" + std::string(parts->source) + "/").find("//") == std::string::npos);
            require(("/" + std::string(parts->source)).find("/.") == std::string::npos);
        }
    }
    require(!is_valid_name(channel) || is_valid_source(channel));
    require(!is_valid_source(channel + "/") && !is_valid_source("/" + channel));
    return 0;
}
