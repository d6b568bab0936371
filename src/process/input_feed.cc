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

InputFeed::InputFeed(Loop& loop, UniqueFd pipe, std::string_view input) : pipe_(std::move(pipe)), rest_(input) {
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
    while (!rest_.empty()) {
        const ssize_t size = ::write(pipe_.get(), rest_.data(), rest_.size());
        if (size >= 0) {
            rest_.remove_prefix(static_cast<std::size_t>(size));
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
}

} // namespace eventsgw
