// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

// The input is a state file, and then the environment of a daemon.

#include "handlers/state_file.h"
#include "process/environment.h"

#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>

using namespace eventsgw;

namespace {

void require(bool condition) {
    if (!condition) {
        std::abort();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const std::vector<std::string> variables = parse_state_file(bytes);
    std::size_t at = 0;
    for (const std::string& variable : variables) {
        require(variable.find('=') != std::string::npos);
        require(variable.find('\n') == std::string::npos && variable.find('\0') == std::string::npos);
        at = bytes.find(variable, at); // each is in the file, and in its order
        require(at != std::string_view::npos);
        at += variable.size();
    }
    const std::vector<std::string> merged = merge_environments(variables, {"AGENT_COMFD=2"});
    std::set<std::string> names;
    for (const std::string& variable : merged) {
        require(names.insert(variable.substr(0, variable.find('='))).second);
    }
    require(merged.back() == "AGENT_COMFD=2");
    require(merge_environments({}, merged) == merged);
    return 0;
}
