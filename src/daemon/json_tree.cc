// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "daemon/json_tree.h"

#include "base/json.h"

#include <new>

namespace eventsgw {
namespace {

template <typename Item> Item* require(Item* item) {
    if (item == nullptr) {
        throw std::bad_alloc();
    }
    return item;
}

} // namespace

JsonTree make_json_object() {
    return JsonTree(require(cJSON_CreateObject()));
}

cJSON* add_object(cJSON* object, const char* name) {
    return require(cJSON_AddObjectToObject(object, name));
}

cJSON* add_array(cJSON* object, const char* name) {
    return require(cJSON_AddArrayToObject(object, name));
}

cJSON* append_object(cJSON* array) {
    cJSON* object = require(cJSON_CreateObject());
    cJSON_AddItemToArray(array, object);
    return object;
}

void add_string(cJSON* object, const char* name, std::string_view text) {
    require(cJSON_AddRawToObject(object, name, to_json_string(text).c_str()));
}

void add_bool(cJSON* object, const char* name, bool value) {
    require(cJSON_AddBoolToObject(object, name, value));
}

void add_null(cJSON* object, const char* name) {
    require(cJSON_AddNullToObject(object, name));
}

void add_number(cJSON* object, const char* name, double number) {
    require(cJSON_AddNumberToObject(object, name, number));
}

void add_count(cJSON* object, const char* name, std::size_t number) {
    add_number(object, name, static_cast<double>(number));
}

std::string print_json(const cJSON* tree) {
    const std::unique_ptr<char, JsonDeleter> text(require(cJSON_PrintUnformatted(tree)));
    return text.get();
}

} // namespace eventsgw
