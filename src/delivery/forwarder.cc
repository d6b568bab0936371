// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "delivery/forwarder.h"

#include <utility>
#include <vector>

namespace eventsgw {
namespace {

/// A batch is one command that the leader carries out in one piece: large enough to be worth its round trip, small
/// enough not to hold up the leader's other clients. A task over the size travels alone.
constexpr std::size_t kBatchTasks = 1000;
constexpr std::size_t kBatchBytes = 1U << 20U;

} // namespace

Forwarder::Forwarder(Session::Options leader, Network network, const Log& log, const std::string& agent_id,
                     const std::string& instance, Limits limits, std::function<void()> on_empty)
    : log_(log), limits_(limits), on_empty_(std::move(on_empty)),
      refusals_(network.timers, log, "task", "refused, as much waits for the leader as may"),
      flush_(network.timers.make_timer([this] { push_batch(); })),
      queue_(std::move(leader), std::move(network), log, agent_id + "/tasks", agent_id + "/eventsgw/cursor", instance,
             TaskQueue::Callbacks{[this] { push_batch(); }, [this](std::uint64_t count) { on_confirmed(count); },
                                  [this] { note_behind(); }}) {}

void Forwarder::accept(std::string task, std::string_view channel) {
    if (tasks_.size() >= limits_.tasks || bytes_ >= limits_.bytes) {
        refusals_.add(channel, tasks_.size(), bytes_);
        return;
    }
    bytes_ += task.size();
    tasks_.push_back(std::move(task));
    if (!session().is_ready()) {
        note_behind();
    } else if (!flush_due_ && queue_.can_push()) {
        flush_due_ = true;
        flush_->start(std::chrono::nanoseconds::zero());
    }
}

void Forwarder::push_batch() {
    flush_due_ = false;
    if (tasks_.empty() || !queue_.can_push()) {
        return;
    }
    std::vector<std::string_view> batch;
    std::size_t bytes = 0;
    for (const std::string& task : tasks_) {
        if (!batch.empty() && (batch.size() == kBatchTasks || bytes + task.size() > kBatchBytes)) {
            break;
        }
        batch.emplace_back(task);
        bytes += task.size();
    }
    queue_.push(batch);
}

void Forwarder::on_confirmed(std::uint64_t count) {
    pushed_ += count;
    for (; count > 0; --count) {
        bytes_ -= tasks_.front().size();
        tasks_.pop_front();
    }
    if (!tasks_.empty()) {
        return; // on_ready follows
    }
    if (std::exchange(is_behind_, false)) {
        log_.notice("task", "none waits any more", {{"pushed", pushed_}});
    }
    on_empty_();
}

/// Said once for each time of waiting; the session says why.
void Forwarder::note_behind() {
    if (!tasks_.empty() && !std::exchange(is_behind_, true)) {
        log_.warning("task", "waiting for the leader");
    }
}

} // namespace eventsgw
