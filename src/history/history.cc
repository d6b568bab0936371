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

void History::start() {
    tidy();
}

void History::set_settings(Settings settings) {
    settings_ = settings;
    tidy();
}

void History::tidy() {
    if ((writing_ || ::access(path_.c_str(), F_OK) == 0) && start_thread()) {
        writing_->inbox.post({std::nullopt, settings_});
    }
}

void History::add(RunRecord run) {
    if (!is_on() || !start_thread()) {
        return;
    }
    if (!settings_.keeps_payloads) {
        run.payload.reset(); // it was handed in before a reload
    }
    const std::size_t cost = run.cost();
    if (unwritten_ > kMaxUnwritten) {
        say_lost("the disk is too slow");
        return;
    }
    unwritten_ += cost;
    writing_->inbox.post({std::move(run), settings_, !problem_.empty()});
}

bool History::wants_refused() {
    const auto now = loop_.now();
    if (now - second_ >= std::chrono::seconds(1)) {
        second_ = now;
        refused_ = 0;
    }
    return is_on() && refused_ < kMaxRefused && ++refused_ > 0;
}

bool History::start_thread() {
    if (writing_) {
        return true;
    }
    const Result<void> started = try_to_start_thread();
    if (!started) {
        writing_.reset();
        say_lost(started.error().message);
    }
    return started.ok();
}

Result<void> History::try_to_start_thread() {
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
        return Error{std::string("no thread for it: ") + error.what(), fault_of_errno(error.code().value())};
    }
    return {};
}

void History::receive() {
    for (const HistoryNews& news : writing_->outbox.take_all()) {
        take(news);
    }
}

void History::take(const HistoryNews& news) {
    using What = HistoryNews::What;
    switch (news.what) {
    case What::kept: problem_.clear(); break;
    case What::kept_again:
        problem_.clear();
        logged_.clear();
        log_.notice("history", "runs are kept again");
        break;
    case What::lost: say_lost(news.reason); break;
    case What::set_aside:
        log_.warning("history", "cannot be used, and was set aside",
                     {{"file", path_}, {"reason", news.reason}, {"kept", news.name}});
        break;
    case What::replaced:
        log_.warning("history", "was removed or overwritten while in use, and goes on with what is there now",
                     {{"file", path_}});
        break;
    case What::erased:
        log_.notice("history", "is off, and the runs that were kept are erased", {{"file", path_}});
        break;
    case What::not_erased:
        problem_ = "is off, but cannot be erased: " + news.reason;
        log_.warning("history", "is off, but cannot be erased", {{"file", path_}, {"reason", news.reason}});
        break;
    }
}

void History::say_lost(const std::string& reason) {
    problem_ = reason;
    if (logged_ != reason) {
        logged_ = reason;
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
