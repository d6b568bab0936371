// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>

namespace eventsgw {

/// Whether something that needs a slot is taken.
enum class Admission : std::uint8_t { refused, waits, has_slot };

/// The places of what may run at the same time, given to those who ask in the order in which they came in. Who has come
/// in but need not ask yet waits too, and keeps its number: it goes before all who came later.
class Slots {
public:
    /// One more may wait as long as neither limit of waiting ones is reached, so the last one may go over the bytes.
    struct Limits {
        std::size_t running;
        std::size_t waiting;
        std::size_t waiting_bytes;
    };
    using Number = std::uint64_t;

    explicit Slots(Limits limits) : limits_(limits) {}

    /// Who waits or has a slot keeps it, whatever the new limits.
    void set_limits(Limits limits);

    /// Comes in with so many bytes, and waits; nothing when too many wait already. Who `asks_at_once` and finds a free
    /// slot is not one more that waits.
    std::optional<Number> enter(std::size_t bytes, bool asks_at_once);

    /// The one that waits has other bytes now; false, and it keeps its own, when more bytes may not wait.
    bool set_bytes(Number number, std::size_t bytes);

    /// Calls `on_turn` once, when a slot is its own: within this call where one is free, else within another's leave().
    /// Never refuses: only enter() does.
    Admission ask(Number number, std::function<void()> on_turn);

    /// Gives the slot back.
    void leave();

    /// Gives no slot any more; who waits has left, without a callback. Returns how many did.
    std::size_t close();

    std::size_t running() const { return running_; }
    std::size_t waiting() const { return waiting_.size(); }
    std::size_t waiting_bytes() const { return waiting_bytes_; }

private:
    struct Waiting {
        std::size_t bytes;
        std::function<void()> on_turn; ///< none as long as it does not ask
    };

    bool is_full() const;
    void give();

    Limits limits_;
    Number last_ = 0;
    std::map<Number, Waiting> waiting_;
    std::set<Number> asking_;
    std::size_t waiting_bytes_ = 0;
    std::size_t running_ = 0;
    bool is_giving_ = false;
    bool is_closed_ = false;
};

} // namespace eventsgw
