// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "redis/task_queue.h"

#include "base/text.h"

#include <utility>

namespace eventsgw {

TaskQueue::TaskQueue(Session::Options options, Network network, const Log& log, std::string key, std::string cursor_key,
                     std::string instance, Callbacks callbacks)
    : log_(log), key_(std::move(key)), cursor_key_(std::move(cursor_key)), instance_(std::move(instance)),
      callbacks_(std::move(callbacks)), session_(std::move(options), std::move(network), log,
                                                 Session::Callbacks{.on_ready = [this] { on_connected(); },
                                                                    .on_lost = [this] { on_lost(); },
                                                                    .on_probe = [this] { probe(); }}) {}

/// The whole transaction, and the watch for the next one, leave together; the answers of all but EXEC and GET matter
/// only when they are refusals.
void TaskQueue::push(const std::vector<std::string_view>& tasks) {
    state_ = State::pushing;
    sent_ = confirmed_ + tasks.size();
    std::vector<std::string_view> lpush{"LPUSH", key_};
    lpush.insert(lpush.end(), tasks.begin(), tasks.end());
    const auto ignore_success = [this](const Reply& reply) { note_error(reply); };
    session_.send({"MULTI"}, ignore_success);
    session_.send(lpush, ignore_success);
    session_.send({"SET", cursor_key_, instance_ + " " + std::to_string(sent_)}, ignore_success);
    session_.send({"EXEC"}, [this](const Reply& reply) { on_executed(reply); });
    arm();
}

void TaskQueue::arm() {
    session_.send({"WATCH", cursor_key_}, [this](const Reply& reply) { note_error(reply); });
    session_.send({"GET", cursor_key_}, [this](const Reply& reply) { on_cursor(reply); });
}

void TaskQueue::on_connected() {
    state_ = State::arming;
    arm();
}

void TaskQueue::on_executed(const Reply& reply) {
    const bool is_refused_inside =
        reply.kind == Reply::Kind::array && !reply.elements.empty() && reply.elements[0].is_error();
    if (is_refused_inside) {
        confirmed_ = sent_; // Redis has set the cursor all the same: the tasks get new numbers
    }
    if (reply.is_error() || is_refused_inside) {
        session_.fail(!error_.empty() ? error_ : is_refused_inside ? reply.elements[0].text : reply.text);
        return;
    }
    // Nil means that the cursor moved under the transaction: a late copy of an older batch was carried out first. The
    // cursor, which is read next, tells how far that one went.
    state_ = State::arming;
    if (reply.kind == Reply::Kind::array) {
        confirm_through(sent_);
    }
}

void TaskQueue::on_cursor(const Reply& reply) {
    if (reply.is_error() || !error_.empty()) {
        session_.fail(!error_.empty() ? error_ : reply.text);
        return;
    }
    state_ = State::armed;
    confirm_through(read_cursor(reply.text));
    callbacks_.on_ready();
    if (can_push()) {
        session_.confirm_works(); // nothing waits: the answer will do
    }
}

void TaskQueue::confirm_through(std::uint64_t number) {
    if (number <= confirmed_) {
        return;
    }
    session_.confirm_works();
    callbacks_.on_confirmed(number - std::exchange(confirmed_, number));
}

/// READONLY, LOADING, NOPERM and the like all mean: not now. The connection is given up with it, because after a switch
/// of leaders the name leads elsewhere.
void TaskQueue::note_error(const Reply& reply) {
    if (reply.is_error() && error_.empty()) {
        error_ = reply.text;
    }
}

void TaskQueue::on_lost() {
    state_ = State::away;
    error_.clear();
    callbacks_.on_lost();
}

void TaskQueue::probe() {
    session_.send({"PING"}, [this](const Reply& reply) {
        if (reply.is_error()) {
            session_.fail(reply.text);
        }
    });
}

std::uint64_t TaskQueue::read_cursor(const std::string& value) const {
    const std::string ours = instance_ + " ";
    if (value.compare(0, ours.size(), ours) != 0) {
        return 0;
    }
    const Result<std::uint64_t> number = parse_count(std::string_view(value).substr(ours.size()));
    if (!number || *number > sent_) {
        log_.warning("leader", "somebody else wrote the cursor, it is ignored",
                     {{"key", cursor_key_}, {"value", value}});
        return 0;
    }
    return *number;
}

} // namespace eventsgw
