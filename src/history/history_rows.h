// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "history/run_record.h"
#include "store/database.h"

#include <cstdint>
#include <string_view>

namespace eventsgw {

// How runs and their steps lie in the history's tables. Text is kept in BLOBs, for a channel may hold any byte. Times
// are microseconds since the epoch, durations nanoseconds.

inline constexpr const char* kHistorySchema =
    "CREATE TABLE runs (number INTEGER PRIMARY KEY, id BLOB NOT NULL, channel BLOB NOT NULL,"
    " event BLOB NOT NULL, handler INTEGER NOT NULL, line INTEGER NOT NULL, value BLOB NOT NULL,"
    " arrived INTEGER NOT NULL, began INTEGER NOT NULL, ended INTEGER NOT NULL, result INTEGER NOT NULL,"
    " status INTEGER NOT NULL, signal INTEGER NOT NULL, wall INTEGER NOT NULL, cpu INTEGER NOT NULL,"
    " pid INTEGER NOT NULL, reason BLOB NOT NULL, coalesced INTEGER NOT NULL, replay INTEGER NOT NULL,"
    " payload BLOB);"
    "CREATE INDEX runs_by_id ON runs (id);"
    "CREATE TABLE steps (run INTEGER NOT NULL, place INTEGER NOT NULL, name BLOB NOT NULL,"
    " result INTEGER NOT NULL, status INTEGER NOT NULL, signal INTEGER NOT NULL, wall INTEGER NOT NULL,"
    " cpu INTEGER NOT NULL, pid INTEGER NOT NULL, stream INTEGER NOT NULL, reason BLOB NOT NULL,"
    " PRIMARY KEY (run, place)) WITHOUT ROWID;"
    "PRAGMA user_version=1";

inline constexpr std::string_view kInsertRun =
    "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
inline constexpr std::string_view kInsertStep = "INSERT INTO steps VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// What read_run() expects in a row.
inline constexpr std::string_view kRunColumns = "number, id, channel, handler, line, value, arrived, began, ended,"
                                                " result, status, signal, wall, cpu, pid, reason, coalesced, replay";
/// The place behind them, for the payload.
inline constexpr int kPayloadColumn = 18;

/// What read_step() expects.
inline constexpr std::string_view kStepsOfRun =
    "SELECT name, result, status, signal, wall, cpu, pid, stream, reason FROM steps WHERE run = ? ORDER BY place";

std::int64_t to_number(RunRecord::Time time);

/// The record must live until the statement has been carried out.
Statement& bind_run(Statement& insert, std::int64_t number, const RunRecord& run);
Statement& bind_step(Statement& insert, std::int64_t number, std::int64_t place, const StepRecord& step);

RunRecord read_run(const Statement& row);
StepRecord read_step(const Statement& row);

} // namespace eventsgw
