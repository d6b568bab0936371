// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

// The input is a payload.

#include "base/json.h"
#include "base/utf8.h"

#include <cstdint>
#include <cstdlib>

using namespace eventsgw;

namespace {

constexpr std::size_t kDepth = 512;

void require(bool condition) {
    if (!condition) {
        std::abort();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    require(is_strict_json(to_json_string(text), 0));
    if (!is_strict_json(text, kDepth)) {
        return 0;
    }
    require(is_valid_utf8(text));
    require(is_strict_json("[" + text + "]", kDepth + 1));
    require(is_strict_json(R"({"data":)" + text + R"(,"parent":""})", kDepth + 1));
    require(!is_strict_json("[" + text, kDepth + 1));
    require(!is_strict_json(text + ",", kDepth));
    require(!is_strict_json(text + '\0', kDepth));
    return 0;
}
