// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "redis/task_queue.h"

#include "base/text.h"

#include <algorithm>
#include <utility>

namespace eventsgw {

TaskQueue::TaskQueue(Session::Options options, Network network, const Log& log, std::string key, std::string cursor_key,
                     std::string instance, std::uint64_t floor, Callbacks callbacks)
    : log_(log), key_(std::move(key)), cursor_key_(std::move(cursor_key)), instance_(std::move(instance)),
      floor_(floor), callbacks_(std::move(callbacks)),
      session_(std::move(options), std::move(network), log,
               Session::Callbacks{.on_ready = [this] { on_connected(); },
                                  .on_lost = [this] { on_lost(); },
                                  .on_probe = [this] { probe(); },
                                  .on_problem = [this] { callbacks_.on_problem(); }}) {}

void TaskQueue::push(const std::vector<Entry>& tasks) {
    state_ = State::pushing;
    if (!next_instance_.empty()) {
        former_instance_ = std::exchange(instance_, std::exchange(next_instance_, ""));
    }
    execute(tasks, tasks.back().number);
    sent_ = std::max(sent_, batch_);
}

/// The whole transaction, and the watch for the next one, leave together; the answers of all but EXEC, GET and TYPE
/// matter only when they are refusals.
void TaskQueue::execute(const std::vector<Entry>& tasks, std::uint64_t number) {
    batch_ = number;
    session_.send({"MULTI"}, [this](const Reply& reply) { note_error(reply); });
    if (!tasks.empty()) {
        std::vector<std::string_view> lpush{"LPUSH", key_};
        for (const Entry& task : tasks) {
            lpush.push_back(task.text);
        }
        session_.send(lpush, [this](const Reply& reply) { on_pushed(reply); });
    }
    session_.send({"SET", cursor_key_, make_cursor(number)}, [this](const Reply& reply) { note_error(reply); });
    session_.send({"EXEC"}, [this](const Reply& reply) { on_executed(reply); });
    arm();
}

void TaskQueue::arm() {
    session_.send({"WATCH", cursor_key_}, [this](const Reply& reply) { note_error(reply); });
    session_.send({"GET", cursor_key_}, [this](const Reply& reply) { on_cursor(reply); });
    session_.send({"TYPE", key_}, [this](const Reply& reply) { on_armed(reply); });
}

void TaskQueue::on_connected() {
    state_ = State::arming;
    is_fenced_ = false;
    ++epoch_;
    arm();
}

/// The server closes the connection over a word that is too long: no answer to EXEC comes.
void TaskQueue::on_pushed(const Reply& reply) {
    note_error(reply);
    if (reply.is_error() && reply.error().fault == Fault::too_large) {
        callbacks_.on_refused(Refusal::too_large, reply.text);
        session_.fail(reply.error());
    }
}

void TaskQueue::on_executed(const Reply& reply) {
    note_error(reply);
    if (reply.is_error()) {
        session_.fail(*error_);
        return;
    }
    const bool was_fencing = std::exchange(state_, State::arming) == State::fencing;
    // Nil means that the cursor moved under the transaction: a late copy of an older batch was carried out first, or
    // somebody else wrote it. The cursor, which is read next, tells how far that one went.
    if (reply.kind != Reply::Kind::array || is_half_done(reply)) {
        return;
    }
    is_fenced_ = true;
    correction_ = {};
    session_.confirm_works();
    if (!was_fencing) {
        confirm_through(batch_);
    }
}

/// Redis carries out the rest of a transaction when one command fails within it. The cursor does not tell the truth
/// then, and is corrected before anything else is pushed.
bool TaskQueue::is_half_done(const Reply& executed) {
    const auto& parts = executed.elements;
    const auto failed = std::find_if(parts.begin(), parts.end(), [](const Reply& part) { return part.is_error(); });
    if (failed == parts.end()) {
        return false;
    }
    const bool is_pushed = parts.size() > 1 && failed != parts.begin();
    correction_ = is_pushed ? Correction{cursor_, batch_} : Correction{make_cursor(batch_), confirmed_};
    is_fenced_ = false;
    ++epoch_;
    if (parts.size() > 1 && !is_pushed && failed->error().fault == Fault::wrong_type) {
        callbacks_.on_refused(Refusal::no_list, failed->text);
    } else {
        session_.fail(failed->error());
    }
    return true;
}

/// A key of another type is no cursor of ours, and the next SET replaces it.
void TaskQueue::on_cursor(const Reply& reply) {
    const bool is_foreign = reply.is_error() && reply.error().fault == Fault::wrong_type;
    if (is_foreign) {
        log_.warning("leader", "somebody else wrote the cursor, it is replaced", {{"key", cursor_key_}});
    } else {
        note_error(reply);
    }
    cursor_ = is_foreign ? "" : reply.text;
}

void TaskQueue::look_again() {
    state_ = State::arming;
    arm();
}

void TaskQueue::on_armed(const Reply& type) {
    note_error(type);
    if (error_) {
        session_.fail(*error_);
        return;
    }
    wrong_type_ = type.text == "list" || type.text == "none" ? "" : type.text;
    const std::uint64_t number = read_cursor(cursor_);
    if (number < confirmed_) {
        confirmed_ = number;
        callbacks_.on_gone_back(number);
    }
    confirm_through(number);
    if (!is_fenced_) {
        state_ = State::fencing;
        execute({}, confirmed_);
        return;
    }
    state_ = State::armed;
    callbacks_.on_ready();
}

void TaskQueue::confirm_through(std::uint64_t number) {
    if (number > confirmed_) {
        confirmed_ = number;
        callbacks_.on_confirmed(number);
    }
}

/// READONLY, LOADING, NOPERM and the like all mean: not now. The connection is given up with it, because after a switch
/// of leaders the name leads elsewhere.
void TaskQueue::note_error(const Reply& reply) {
    if (reply.is_error() && !error_) {
        error_ = reply.error();
    }
}

void TaskQueue::on_lost() {
    const bool over_push = state_ == State::pushing && !error_ && !session_.went_silent();
    state_ = State::away;
    error_.reset();
    callbacks_.on_lost(over_push);
}

/// A leader that has become a replica keeps the connection and may forget what it confirmed: so the sign of life that
/// is asked for while nothing is on its way is the cursor.
void TaskQueue::probe() {
    if (state_ == State::armed) {
        look_again();
        return;
    }
    session_.send({"PING"}, [this](const Reply& reply) {
        if (reply.is_error()) {
            session_.fail(reply.error());
        }
    });
}

std::string TaskQueue::make_cursor(std::uint64_t number) const {
    return instance_ + " " + std::to_string(number) + " " + std::to_string(epoch_);
}

std::uint64_t TaskQueue::read_cursor(const std::string& value) const {
    if (!correction_.value.empty() && value == correction_.value) {
        return correction_.number;
    }
    const std::string_view writer = std::string_view(value).substr(0, value.find(' '));
    if (value.find(' ') == std::string::npos ||
        (writer != instance_ && (writer.empty() || writer != former_instance_))) {
        return 0;
    }
    const std::string_view rest = std::string_view(value).substr(writer.size() + 1);
    const Result<std::uint64_t> number = parse_count(rest.substr(0, rest.find(' ')));
    if (!number || *number > std::max(sent_, floor_)) {
        log_.warning("leader", "somebody else wrote the cursor, it is ignored",
                     {{"key", cursor_key_}, {"value", value}});
        return 0;
    }
    return *number;
}

} // namespace eventsgw
