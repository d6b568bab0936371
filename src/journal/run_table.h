// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/result.h"
#include "journal/run_row.h"
#include "journal/task.h"
#include "store/database.h"

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace eventsgw {

/// The rows of runs that have not ended, in a journal's database, which must outlive this. Their events are in the
/// table of events, which they share with tasks: an event stays until its last work has gone.
class RunTable {
public:
    /// What makes the table.
    static const char* const kSchema;

    explicit RunTable(Database& database) : database_(database) {}

    // To be called within a transaction.

    /// Writes rows. One without an event changes the row that is there, if it still is.
    Result<void> save(const std::vector<RunRow>& rows);
    Result<void> erase(const std::vector<std::uint64_t>& numbers);
    /// Nothing of what waits or was interrupted starts by itself any more.
    Result<void> hold_all(std::string_view reason);
    /// Erases the runs whose events came before then and that are held. How many these were.
    Result<std::uint64_t> drop_held(WallTime before);
    /// An administrator wants all held runs to start.
    Result<std::uint64_t> ask_release_of_held();
    /// The same of one that is held.
    Result<void> ask_release(std::uint64_t number);
    /// Erases one that is held.
    Result<void> drop_held(std::uint64_t number);

    // Anywhere.

    Result<bool> is_empty();
    /// All rows in their order, without payloads.
    Result<std::vector<RunRow>> load();
    /// The event of a run, with its payload; nothing if there is no such run.
    Result<std::shared_ptr<KeptEvent>> load_event(std::uint64_t number);
    /// Numbers of the runs that are held. `only_asked`: of those an administrator wants to start.
    Result<std::vector<std::uint64_t>> list_held(bool only_asked);
    /// A run that is held, as it is listed: without its payload.
    struct Held {
        RunRow row;
        bool is_released; ///< an administrator wants it to start
    };
    Result<std::vector<Held>> load_held();

private:
    Result<std::vector<std::uint64_t>> list(Statement& query);
    Result<Statement> prepare_load(std::string_view condition);

    Database& database_;
};

} // namespace eventsgw
