// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "handlers/state_file.h"

#include "base/file.h"

#include <cerrno>
#include <cstddef>

namespace eventsgw {
namespace {

/// More than the kernel gives a process for its environment and arguments (execve(2): 6 MiB).
constexpr std::size_t kMaxBytes = std::size_t{8} << 20U;

} // namespace

std::vector<std::string> parse_state_file(std::string_view bytes) {
    std::vector<std::string> variables;
    while (!bytes.empty()) {
        const std::size_t end = bytes.find('\n');
        std::string_view line = bytes.substr(0, end);
        bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
        if (!line.empty() && line.back() == '\r') {
            line.remove_suffix(1);
        }
        if (line.find('=') != std::string_view::npos && line.find('\0') == std::string_view::npos) {
            variables.emplace_back(line);
        }
    }
    return variables;
}

Result<std::vector<std::string>> load_state_file(const std::string& path) {
    const Result<std::string> bytes = read_file(path, kMaxBytes);
    if (bytes) {
        return parse_state_file(*bytes);
    }
    return bytes.error().fault == Fault::absent ? Result<std::vector<std::string>>(std::vector<std::string>())
                                                : within(path, bytes.error());
}

} // namespace eventsgw
