// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/input.h"

#include "base/fd.h"
#include "base/text.h"

#include <cerrno>
#include <cstddef>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace eventsgw {
namespace {

/// The default of proto-max-bulk-len.
constexpr std::size_t kMaxInput = 512U << 20U;

Result<std::string> read_all(int fd) {
    std::string content;
    constexpr std::size_t kChunk = 65536;
    for (;;) {
        const std::size_t used = content.size();
        if (used > kMaxInput) {
            return Error{"is larger than " + std::to_string(kMaxInput) + " bytes", Fault::too_large};
        }
        content.resize(used + kChunk);
        const ssize_t got = ::read(fd, content.data() + used, kChunk);
        if (got < 0 && errno != EINTR) {
            return make_os_error("cannot be read");
        }
        content.resize(used + (got > 0 ? static_cast<std::size_t>(got) : 0));
        if (got == 0) {
            return content;
        }
    }
}

} // namespace

Result<std::string> read_standard_input() {
    Result<std::string> content = read_all(STDIN_FILENO);
    return content ? content : Error{"standard input " + content.error().message, content.error().fault};
}

Result<std::string> read_input(const std::string& file) {
    if (file == "-") {
        return read_standard_input();
    }
    const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    Result<std::string> content = fd ? read_all(fd.get()) : make_os_error("cannot be opened");
    return content ? content : within(escape(file), std::move(content).error());
}

bool is_typed() {
    return ::isatty(STDIN_FILENO) != 0;
}

} // namespace eventsgw
