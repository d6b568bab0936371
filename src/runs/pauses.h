// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "journal/task.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace eventsgw {

/// Which rules and handlers an administrator has paused, by their keys, and until when.
class Pauses {
public:
    /// In the place of a key: all of them.
    static constexpr std::string_view kAll = "";

    Pauses() = default;
    /// As text() gave it; what is not from there is ignored.
    explicit Pauses(std::string_view text);

    /// For a journal, which survives the process: one a line, with the time of its end in milliseconds, 0 for none.
    std::string text() const;

    void add(std::string_view key, std::optional<WallTime> until);
    /// False if there was none.
    bool remove(std::string_view key);
    /// Forgets those that have come to their end. Whether there were some.
    bool forget(WallTime now);

    bool empty() const { return until_.empty(); }
    bool cover(std::string_view key) const { return until_.contains(key) || until_.contains(kAll); }
    const std::map<std::string, std::optional<WallTime>, std::less<>>& all() const { return until_; }
    /// The first end to come.
    std::optional<WallTime> next_end() const;

private:
    std::map<std::string, std::optional<WallTime>, std::less<>> until_;
};

} // namespace eventsgw
