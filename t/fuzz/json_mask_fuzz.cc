// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

// The input is a payload. What is masked is JSON again, has no secret left, and is what a tree would say.

#include "base/json.h"
#include "base/json_mask.h"

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include <cjson/cJSON.h>

using namespace eventsgw;

namespace {

constexpr std::size_t kDepth = 512;

void require(bool condition) {
    if (!condition) {
        std::abort();
    }
}

struct DeleteTree {
    void operator()(cJSON* tree) const { cJSON_Delete(tree); }
};

/// All members with secret names, as cJSON reads them, hold the mask. Recursion is bounded by kDepth.
void require_masked(const cJSON* value) {
    for (const cJSON* child = value->child; child != nullptr; child = child->next) {
        if (child->string != nullptr && is_secret_name(child->string)) {
            require(cJSON_IsString(child) != 0 && std::string(child->valuestring) == "***");
        }
        require_masked(child);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    require(hide_secrets(text) == text || hide_secrets(text) == "***");
    const auto masked = mask_secrets(text);
    if (is_strict_json(text, kDepth)) {
        require(masked.has_value());
    }
    if (!masked) {
        return 0;
    }
    require(is_strict_json(*masked, text.size()));
    require(mask_secrets(*masked) == masked);
    if (!is_strict_json(*masked, kDepth) || text.find("\\u0000") != std::string::npos) {
        return 0; // a name of cJSON's ends at a NUL
    }
    const std::unique_ptr<cJSON, DeleteTree> tree(cJSON_ParseWithLength(masked->data(), masked->size()));
    if (tree) { // cJSON refuses lone surrogates
        require_masked(tree.get());
    }
    return 0;
}
