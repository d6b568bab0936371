// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "redis/session.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eventsgw {

/// Pushes tasks to the list on the leader that the module's agent pops from: in order, a batch at a time, and each
/// batch once, whatever happens to the connection.
///
/// A connection that dies leaves its last batch unknown, and what it had sent may even reach the leader later. So tasks
/// are numbered, and each batch goes as a transaction that also sets a cursor to the number of its last task; and the
/// cursor is watched from before the batch is sent. A new connection begins with WATCH and GET, which tell what is in
/// the queue, and with a transaction that does nothing but write the cursor anew: from then on nothing that a former
/// connection has sent can be carried out any more. HACKING.md has the proof.
class TaskQueue {
public:
    enum class Refusal : std::uint8_t {
        no_list,  ///< the agent's queue is no list: no task can get in
        too_large ///< the server does not read a task that long; the connection has ended over it
    };
    struct Callbacks {
        std::function<void()> on_ready; ///< a batch may be pushed, from the first task that has not been confirmed
        std::function<void(std::uint64_t through)> on_confirmed; ///< all tasks up to this number are in the queue
        /// The leader has forgotten the tasks after this number.
        std::function<void(std::uint64_t through)> on_gone_back;
        /// Of the batch pushed last, no task of which is in the queue. on_ready follows, or on_lost.
        std::function<void(Refusal, const std::string& reason)> on_refused;
        /// The leader is away, until on_ready. `over_push`: it closed the connection without a word while a
        /// batch was on its way.
        std::function<void(bool over_push)> on_lost;
        std::function<void()> on_problem = [] {}; ///< the reason is another one now
    };
    /// A task and its number, which is greater than that of the one before.
    struct Entry {
        std::uint64_t number;
        std::string_view text;
    };

    /// `key` is the list's: "module/mail1/tasks"; `cursor_key` one that nobody else uses and the user may write.
    /// `instance` tells the tasks with these numbers from all others, and `floor` is the greatest number that they had
    /// in former runs.
    TaskQueue(Session::Options options, Network network, const Log& log, std::string key, std::string cursor_key,
              std::string instance, std::uint64_t floor, Callbacks callbacks);

    void start() { session_.start(); }

    /// From the next batch on the cursor is under another name: what was written under the one before it, and is known
    /// to nobody here any more, is not covered by it.
    void rename_instance(std::string instance) { next_instance_ = std::move(instance); }

    /// Looks at the leader's side anew; on_ready follows. Only when can_push().
    void look_again();

    bool can_push() const { return state_ == State::armed; }

    /// Pushes tasks, oldest first. Only when can_push(). The views must live until it returns.
    void push(const std::vector<Entry>& tasks);

    /// What the agent's queue is, if it is not a list and so takes no task. Known when can_push().
    const std::string& wrong_type() const { return wrong_type_; }

    Session& session() { return session_; }
    const Session& session() const { return session_; }

private:
    /// In `fencing` the transaction under way writes the cursor alone.
    enum class State : std::uint8_t { away, arming, armed, fencing, pushing };

    void on_connected();
    void on_lost();
    void probe();

    void arm();
    /// MULTI to EXEC and the watch for the next transaction. Without tasks it writes the cursor alone.
    void execute(const std::vector<Entry>& tasks, std::uint64_t number);
    void on_pushed(const Reply& reply);
    void on_executed(const Reply& reply);
    bool is_half_done(const Reply& executed);
    void on_cursor(const Reply& reply);
    void on_armed(const Reply& type);
    void confirm_through(std::uint64_t number);
    /// The refusal of a command that is part of something larger.
    void note_error(const Reply& reply);
    /// The number in a cursor's value; 0 when the value is missing, or not one that tasks of ours can have left.
    std::uint64_t read_cursor(const std::string& value) const;
    std::string make_cursor(std::uint64_t number) const;

    /// A value of the cursor that does not tell the truth, and the number that does.
    struct Correction {
        std::string value;
        std::uint64_t number = 0;
    };

    const Log& log_;
    std::string key_;
    std::string cursor_key_;
    std::string instance_;
    std::string former_instance_; ///< of the batches before; empty when there were none
    std::string next_instance_;   ///< of the next batch; empty: the same
    std::uint64_t floor_;
    Callbacks callbacks_;
    State state_ = State::away;
    std::uint64_t epoch_ = 0;     ///< counts the connections; no two transactions write the same value
    bool is_fenced_ = false;      ///< the cursor was written through this connection
    std::string cursor_;          ///< its value as last read
    std::uint64_t confirmed_ = 0; ///< up to this number all is in the queue, as far as the leader remembers
    std::uint64_t batch_ = 0;     ///< number that the transaction under way writes
    std::uint64_t sent_ = 0;      ///< greatest number of a task that has been sent
    Correction correction_;
    std::string wrong_type_;
    std::optional<Error> error_; ///< first refusal within the transaction under way
    Session session_;
};

} // namespace eventsgw
