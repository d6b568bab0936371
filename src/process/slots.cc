// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "process/slots.h"

#include <utility>

namespace eventsgw {
namespace {

/// Sets a flag for as long as it lives.
class Raised {
public:
    explicit Raised(bool& flag) : flag_(flag) { flag_ = true; }
    Raised(const Raised&) = delete;
    Raised& operator=(const Raised&) = delete;
    ~Raised() { flag_ = false; }

private:
    bool& flag_;
};

} // namespace

std::optional<Slots::Number> Slots::enter(std::size_t bytes, bool asks_at_once) {
    const bool finds_a_slot = asks_at_once && asking_.empty() && running_ < limits_.running;
    if (is_closed_ || (!finds_a_slot && is_full())) {
        return std::nullopt;
    }
    waiting_.emplace(++last_, Waiting{bytes, {}});
    waiting_bytes_ += bytes;
    return last_;
}

bool Slots::is_full() const {
    return waiting_.size() >= limits_.waiting || waiting_bytes_ >= limits_.waiting_bytes;
}

void Slots::set_limits(Limits limits) {
    limits_ = limits;
    give();
}

bool Slots::set_bytes(Number number, std::size_t bytes) {
    Waiting& waiting = waiting_.at(number);
    if (bytes > waiting.bytes && waiting_bytes_ >= limits_.waiting_bytes) {
        return false;
    }
    waiting_bytes_ += bytes - std::exchange(waiting.bytes, bytes);
    return true;
}

Admission Slots::ask(Number number, std::function<void()> on_turn) {
    waiting_.at(number).on_turn = std::move(on_turn);
    asking_.insert(number);
    give();
    return waiting_.contains(number) ? Admission::waits : Admission::has_slot;
}

void Slots::leave() {
    --running_;
    give();
}

/// A callback that comes back with leave() or ask() finds the loop below at work, and so the stack does not grow with
/// the number of those who wait.
void Slots::give() {
    if (is_giving_) {
        return;
    }
    const Raised giving(is_giving_);
    while (!asking_.empty() && running_ < limits_.running) {
        const auto first = waiting_.find(*asking_.begin());
        const std::function<void()> on_turn = std::move(first->second.on_turn);
        waiting_bytes_ -= first->second.bytes;
        waiting_.erase(first);
        asking_.erase(asking_.begin());
        ++running_;
        on_turn();
    }
}

std::size_t Slots::close() {
    is_closed_ = true;
    const std::size_t dropped = waiting_.size();
    asking_.clear();
    waiting_.clear();
    waiting_bytes_ = 0;
    return dropped;
}

} // namespace eventsgw
