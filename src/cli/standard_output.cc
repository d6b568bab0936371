// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/standard_output.h"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace eventsgw {

StandardOutput::StandardOutput(std::ostream& stream)
    : stream_(stream), former_(stream.rdbuf(this)), is_closed_(::fcntl(STDOUT_FILENO, F_GETFD) < 0) {
    setp(buffer_.begin(), buffer_.end());
}

StandardOutput::~StandardOutput() {
    StandardOutput::sync();
    stream_.rdbuf(former_);
}

StandardOutput::int_type StandardOutput::overflow(int_type character) {
    if (sync() != 0) {
        return traits_type::eof();
    }
    if (!traits_type::eq_int_type(character, traits_type::eof())) {
        sputc(traits_type::to_char_type(character));
    }
    return traits_type::not_eof(character);
}

int StandardOutput::sync() {
    if (is_closed_ && pptr() > pbase()) {
        error_ = EBADF;
    }
    for (const char* next = pbase(); next != pptr() && error_ == 0;) {
        const ssize_t written = ::write(STDOUT_FILENO, next, static_cast<std::size_t>(pptr() - next));
        if (written < 0 && errno != EINTR) {
            error_ = errno;
        }
        next += written > 0 ? written : 0;
    }
    setp(buffer_.begin(), buffer_.end());
    return error_ == 0 ? 0 : -1;
}

} // namespace eventsgw
