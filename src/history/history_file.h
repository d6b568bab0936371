// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/result.h"
#include "history/history_place.h"
#include "history/run_record.h"
#include "store/database.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eventsgw {

/// In the working directory, which is the module's state directory.
inline constexpr const char* kHistoryName = "eventsgw.history";

/// The tables of the last runs. Every call waits for the disk. Other processes may read meanwhile.
class HistoryFile {
public:
    /// The format that this program writes; the file's user_version.
    static constexpr std::int64_t kFormat = 1;

    /// What is kept.
    struct Bounds {
        std::uint64_t runs = 0;
        std::chrono::nanoseconds age{}; ///< since their end
    };
    /// Which runs are asked for.
    struct Query {
        std::optional<std::string> event{}; ///< an event's name, or a channel
        bool only_failed = false;           ///< what neither succeeded nor was skipped
        std::optional<RunRecord::Time> since{};
    };

    /// Makes the file where needed; it is for the owner's eyes only from then on.
    static Result<HistoryFile> open_to_write(const std::string& path);
    /// Nothing where there is no file, or nothing has been written to it yet.
    static Result<std::optional<HistoryFile>> open_to_read(const std::string& path);

    /// Adds runs in the order of their ends, and forgets what is beyond the bounds, in one piece.
    Result<void> add(const std::vector<RunRecord>& runs, const Bounds& bounds, RunRecord::Time now);

    /// Forgets what is beyond the bounds, and all payloads where none are kept.
    Result<void> tidy(const Bounds& bounds, bool keeps_payloads, RunRecord::Time now);

    /// Brings the log of writes into the file and gives back its room; until then both can hold what is forgotten.
    /// False when somebody reads it for long.
    Result<bool> checkpoint();
    /// The room that the log of writes takes, in bytes.
    std::int64_t log_size() const { return place_.log_size(); }

    /// False when somebody has removed the log of writes or its index. Then others do not see what is written any more,
    /// nor the locks: leave_log() is the last call.
    bool has_log() const { return place_.has_log() && place_.has_index(); }
    /// Brings a log that has no name any more into the file. False when it may have held more than that, or others may
    /// have written to it.
    bool leave_log();
    /// False when somebody has removed, replaced or overwritten the file. Then nothing must be written any more:
    /// abandon() is the last call.
    bool is_in_place();
    void abandon();

    /// Calls back for each run, oldest first, without payloads.
    Result<void> each(const Query& query, const std::function<void(const RunRecord&)>& look);

    /// The one id that begins so. Fault::no_match where there is none or more than one.
    Result<std::string> resolve(std::string_view prefix);
    /// With its payload; nothing where there is none.
    Result<std::optional<RunRecord>> load(std::string_view id);

private:
    HistoryFile(Database database, HistoryPlace place)
        : database_(std::make_unique<Database>(std::move(database))), place_(std::move(place)) {}

    Result<void> prepare();
    Result<void> insert(const std::vector<RunRecord>& runs, std::uint64_t limit);
    Result<void> insert_steps(Statement& statement, const RunRecord& run, std::int64_t number);
    Result<void> forget(const Bounds& bounds, RunRecord::Time now);
    Result<void> forget_before(std::int64_t number);
    Result<void> erase_payloads();
    Result<std::vector<RunRecord>> load_piece(Statement& rows, Statement& steps, std::int64_t& last);
    Result<std::vector<StepRecord>> load_steps(Statement& statement, std::int64_t number);

    std::unique_ptr<Database> database_; ///< in one place, for transactions point to it
    HistoryPlace place_;
};

} // namespace eventsgw
