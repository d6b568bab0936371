// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "process/input_feed.h"

#include "loop/loop.h"

#include <cerrno>
#include <utility>

#include <unistd.h>

namespace eventsgw {
namespace {

constexpr std::chrono::milliseconds kRetryInterval{50};

} // namespace

InputFeed::InputFeed(Loop& loop, UniqueFd pipe, Input input) : pipe_(std::move(pipe)), input_(std::move(input)) {
    write_some();
    if (pipe_) {
        writable_ = std::make_unique<Watch>(loop, pipe_.get(), Watch::For::writing, [this] { write_some(); });
        retry_ = loop.make_timer([this] { wait(); });
        wait();
    }
}

void InputFeed::wait() {
    if (!writable_->on()) {
        retry_->start(kRetryInterval);
    }
}

void InputFeed::write_some() {
    const std::string_view bytes = input_.bytes();
    while (written_ < bytes.size()) {
        const ssize_t size = ::write(pipe_.get(), bytes.data() + written_, bytes.size() - written_);
        if (size >= 0) {
            written_ += static_cast<std::size_t>(size);
        } else if (errno == EAGAIN) {
            return;
        } else if (errno != EINTR) {
            break; // EPIPE: the child has closed its end
        }
    }
    finish();
}

void InputFeed::finish() {
    if (writable_) {
        writable_->off();
    }
    pipe_.reset();
    input_.clear(); // a large payload need not live as long as the child
}

} // namespace eventsgw
