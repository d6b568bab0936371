// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "history/history.h"

#include "base/signals_blocked.h"
#include "loop/loop.h"

#include <cstdint>
#include <system_error>
#include <utility>

#include <sys/eventfd.h>
#include <unistd.h>

namespace eventsgw {

void History::set_settings(Settings settings) {
    settings_ = settings;
    if (!is_on()) {
        finish();
    }
}

void History::add(RunRecord run) {
    if (!is_on()) {
        return;
    }
    if (!writing_) {
        if (const Result<void> started = start(); !started) {
            writing_.reset();
            say_lost(started.error().message);
            return;
        }
    }
    const std::size_t cost = run.cost();
    if (unwritten_ > kMaxUnwritten) {
        say_lost("the disk is too slow");
        return;
    }
    unwritten_ += cost;
    writing_->inbox.post({std::move(run), settings_.bounds});
}

Result<void> History::start() {
    writing_ = std::make_unique<Writing>(path_, unwritten_);
    writing_->end.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!writing_->end) {
        return make_os_error("eventfd");
    }
    for (Result<void> opened : {writing_->inbox.open(), writing_->outbox.open()}) {
        if (!opened) {
            return opened;
        }
    }
    writing_->watch =
        std::make_unique<Watch>(loop_, writing_->outbox.descriptor(), Watch::For::reading, [this] { receive(); });
    if (!writing_->watch->on()) {
        return Error{"its thread cannot be watched"};
    }
    try {
        const SignalsBlocked blocked;
        writing_->thread = std::thread([writing = writing_.get()] { writing->writer.run(writing->end.get()); });
    } catch (const std::system_error& error) {
        return Error{std::string("no thread for it: ") + error.what(), error.code().value()};
    }
    return {};
}

void History::receive() {
    for (const HistoryNews& news : writing_->outbox.take_all()) {
        if (news.problem.empty()) {
            lost_reason_.clear();
            log_.notice("history", "runs are kept again");
        } else if (news.set_aside.empty()) {
            say_lost(news.problem);
        } else {
            log_.warning("history", "cannot be used, and was set aside",
                         {{"file", path_}, {"reason", news.problem}, {"kept", news.set_aside}});
        }
    }
}

void History::say_lost(const std::string& reason) {
    if (lost_reason_ != reason) {
        lost_reason_ = reason;
        log_.warning("history", "runs are not kept", {{"file", path_}, {"reason", reason}});
    }
}

void History::finish() {
    if (!writing_) {
        return;
    }
    const std::uint64_t one = 1;
    static_cast<void>(::write(writing_->end.get(), &one, sizeof(one)) == sizeof(one));
    writing_->thread.join();
    receive();
    writing_.reset();
}

} // namespace eventsgw
