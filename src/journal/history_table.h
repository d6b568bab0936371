// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"
#include "base/result.h"
#include "config/settings.h"
#include "event/work.h"
#include "journal/run_record.h"
#include "store/database.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eventsgw {

/// What is kept of the work that has ended. There are three classes of it, and none pushes out another's: what is done;
/// what has failed or is dead; what was refused, of which the table holds a tenth as much as of what is done.
struct HistorySettings {
    std::uint64_t runs = 0;         ///< that are done, at most; none: the history is off
    std::chrono::nanoseconds age{}; ///< since their end
    HistoryPayload payloads = HistoryPayload::no;
    std::uint64_t failures = 0;                                      ///< failed and dead ones, at most
    std::size_t log_bytes = std::numeric_limits<std::size_t>::max(); ///< no run is written beyond this log of writes

    bool is_on() const { return runs > 0; }
    /// How many of these are kept at most.
    std::uint64_t quota_of(WorkState state) const;
    bool keeps_payload_of(WorkState state) const;
};

/// As the configuration says.
HistorySettings make_history_settings(const Settings& settings);

/// The rows of commands and handlers that have ended, in a journal's database, which must outlive this. Runs are
/// numbered in the order of their ends. Channel and payload of an event stand once, however many runs it has led to.
class HistoryTable {
public:
    /// What makes the tables.
    static const char* const kSchema;

    /// Which runs are asked for.
    struct Query {
        std::optional<std::string> event{}; ///< an event's name, or a channel
        bool only_failed = false;           ///< what is failed, dead or refused
        std::optional<RunRecord::Time> since{};
    };

    explicit HistoryTable(Database& database) : database_(database) {}

    // To be called within a transaction.

    /// Adds runs in the order of their ends, with the numbers after `last`.
    Result<void> add(const std::vector<RunRecord>& runs, std::uint64_t last);
    /// Notes that the events of these works have been replayed. An id that is not there is passed over.
    Result<void> mark_replayed(const std::vector<std::string>& ids);
    /// Erases what is not to be kept. `is_changed` if the settings may be others than at the last call. Whether there
    /// was something.
    Result<bool> forget(const HistorySettings& settings, RunRecord::Time now, bool is_changed);

    // Anywhere.

    /// Calls back for each run, oldest first, without payloads.
    Result<void> each(const Query& query, const std::function<void(const RunRecord&)>& look);
    /// The only id with this prefix. Fault::no_match if no id has it, Fault::ambiguous if several have.
    Result<std::string> resolve(std::string_view prefix);
    /// The run with its payload; nothing if no run has this id. The last one where it has ended twice, as a task that
    /// was dead and pushed later, or one that the leader had forgotten.
    Result<std::optional<RunRecord>> load(std::string_view id);

private:
    Result<void> insert_steps(Statement& statement, const RunRecord& run, std::uint64_t number);
    Result<std::int64_t> find_last_place(int part);
    Result<std::int64_t> find_last_to_forget(int part, std::uint64_t quota, RunRecord::Time oldest);
    Result<bool> forget_through(int part, std::int64_t place, HistoryPayload payloads);
    Result<bool> erase_payloads(const std::string& condition);
    Result<std::vector<RunRecord>> load_piece(Statement& rows, Statement& steps, std::int64_t& last);
    Result<std::vector<StepRecord>> load_steps(Statement& statement, std::int64_t number);

    Database& database_;
};

} // namespace eventsgw
