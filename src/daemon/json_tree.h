// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <cjson/cJSON.h>

namespace eventsgw {

struct JsonDeleter {
    void operator()(cJSON* tree) const { cJSON_Delete(tree); }
    void operator()(char* printed) const { cJSON_free(printed); }
};

/// A document of ours that is built, or one that was parsed, for output and tools alone. What the daemon forwards
/// never becomes one.
using JsonTree = std::unique_ptr<cJSON, JsonDeleter>;

// Each of these throws std::bad_alloc where cJSON answers null. What they return belongs to the tree.

JsonTree make_json_object();
cJSON* add_object(cJSON* object, const char* name);
cJSON* add_array(cJSON* object, const char* name);
cJSON* append_object(cJSON* array);

/// Any bytes: cJSON's own strings end at a NUL and may hold what is not UTF-8.
void add_string(cJSON* object, const char* name, std::string_view text);
void add_bool(cJSON* object, const char* name, bool value);
void add_null(cJSON* object, const char* name);
/// Whole numbers are exact up to 2^53.
void add_number(cJSON* object, const char* name, double number);
void add_count(cJSON* object, const char* name, std::size_t number);

/// In one line, without a line end.
std::string print_json(const cJSON* tree);

} // namespace eventsgw
