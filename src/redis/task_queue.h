// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "redis/session.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace eventsgw {

/// Pushes tasks to the list on the leader that the module's agent pops from: in order, a batch at a time, and each
/// batch once, whatever happens to the connection.
///
/// A connection that dies leaves its last batch unknown, and what it had sent may even reach the leader later. So tasks
/// are numbered, and each batch goes as a transaction that also sets a cursor to the number of its last task; and the
/// cursor is watched from before the batch is sent. A new connection begins with WATCH and GET: the cursor tells which
/// tasks are in the queue; and a late copy of an old batch, or a new batch behind it, finds that the cursor has moved
/// and does nothing.
class TaskQueue {
public:
    struct Callbacks {
        std::function<void()> on_ready; ///< a batch may be pushed, from the first task that has not been confirmed
        std::function<void(std::uint64_t count)> on_confirmed; ///< so many more tasks, the oldest, are in the queue
        std::function<void()> on_lost;                         ///< the leader is away, until on_ready
    };

    /// `key` is the list's: "module/mail1/tasks"; `cursor_key` one that nobody else uses and the user may write;
    /// `instance` tells this run of the program from all others.
    TaskQueue(Session::Options options, Network network, const Log& log, std::string key, std::string cursor_key,
              std::string instance, Callbacks callbacks);

    void start() { session_.start(); }

    bool can_push() const { return state_ == State::armed; }

    /// Pushes tasks, oldest first. Only when can_push(). The views must live until it returns.
    void push(const std::vector<std::string_view>& tasks);

    const Session& session() const { return session_; }

private:
    enum class State : std::uint8_t { away, arming, armed, pushing };

    void on_connected();
    void on_lost();
    void probe();

    void arm();
    void on_cursor(const Reply& reply);
    void on_executed(const Reply& reply);
    /// The refusal of a command that is part of something larger.
    void note_error(const Reply& reply);
    void confirm_through(std::uint64_t number);
    /// The number in a cursor's value; 0 when the value is missing, or not one that this run has written.
    std::uint64_t read_cursor(const std::string& value) const;

    const Log& log_;
    std::string key_;
    std::string cursor_key_;
    std::string instance_;
    Callbacks callbacks_;
    State state_ = State::away;
    std::uint64_t confirmed_ = 0; ///< number of the last task that is known to be in the queue
    std::uint64_t sent_ = 0;      ///< number of the last task that has been sent
    std::string error_;           ///< first refusal within the transaction under way
    Session session_;
};

} // namespace eventsgw
