// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "base/text.h"
#include "history/history_file.h"
#include "history/history_rows.h"

#include <utility>

namespace eventsgw {
namespace {

constexpr std::int64_t kPiece = 500;

} // namespace

/// In pieces: whoever looks may be slow, as a pager is, and the log of writes grows as long as one reads.
Result<void> HistoryFile::each(const Query& query, const std::function<void(const RunRecord&)>& look) {
    const bool is_channel = query.event && query.event->find('/') != std::string::npos;
    Result<Statement> rows = database_->prepare(
        "SELECT " + std::string(kRunColumns) + " FROM runs WHERE (?1 IS NULL OR " + (is_channel ? "channel" : "event") +
        " = ?1) AND (?2 = 0 OR result NOT IN (0, 2)) AND ended >= ?3 AND number > ?4 ORDER BY number LIMIT ?5");
    Result<Statement> steps = database_->prepare(kStepsOfRun);
    if (!rows || !steps) {
        return !rows ? rows.error() : steps.error();
    }
    rows->bind_optional(0, query.event)
        .bind(1, std::int64_t{query.only_failed})
        .bind(2, query.since ? to_number(*query.since) : 0)
        .bind(4, kPiece);
    std::int64_t last = 0;
    for (;;) {
        const Result<std::vector<RunRecord>> piece = load_piece(*rows, *steps, last);
        if (!piece) {
            return piece.error();
        }
        for (const RunRecord& run : *piece) {
            look(run);
        }
        if (piece->size() < static_cast<std::size_t>(kPiece)) {
            return {};
        }
    }
}

Result<std::vector<RunRecord>> HistoryFile::load_piece(Statement& rows, Statement& steps, std::int64_t& last) {
    std::vector<RunRecord> piece;
    rows.bind(3, last);
    for (;;) {
        const Result<bool> row = rows.step();
        if (!row) {
            return row.error();
        }
        if (!*row) {
            return piece;
        }
        last = rows.number(0);
        RunRecord run = read_run(rows);
        Result<std::vector<StepRecord>> of_run = load_steps(steps, last);
        if (!of_run) {
            rows.reset();
            return of_run.error();
        }
        run.steps = std::move(*of_run);
        piece.push_back(std::move(run));
    }
}

Result<std::vector<StepRecord>> HistoryFile::load_steps(Statement& statement, std::int64_t number) {
    std::vector<StepRecord> steps;
    statement.bind(0, number);
    for (;;) {
        const Result<bool> row = statement.step();
        if (!row) {
            return row.error();
        }
        if (!*row) {
            return steps;
        }
        steps.push_back(read_step(statement));
    }
}

Result<std::string> HistoryFile::resolve(std::string_view prefix) {
    if (prefix.empty()) {
        return Error{"the id of the run is empty", Fault::no_match};
    }
    Result<Statement> rows = database_->prepare("SELECT id FROM runs WHERE id >= ? AND id < ? LIMIT 2");
    if (!rows) {
        return rows.error();
    }
    const std::string end = std::string(prefix) + '\xff'; // ids are ASCII
    Result<bool> row = rows->bind(0, prefix).bind(1, end).step();
    if (!row || !*row) {
        return row ? Error{"there is no run " + quote(prefix) + " in the history", Fault::no_match} : row.error();
    }
    std::string id(rows->bytes(0));
    row = rows->step();
    if (!row || *row) {
        return row ? Error{"several ids begin with " + quote(prefix) + ": give more of it", Fault::no_match}
                   : row.error();
    }
    return id;
}

Result<std::optional<RunRecord>> HistoryFile::load(std::string_view id) {
    Result<Statement> row =
        database_->prepare("SELECT " + std::string(kRunColumns) + ", payload FROM runs WHERE id = ?");
    Result<Statement> steps = database_->prepare(kStepsOfRun);
    if (!row || !steps) {
        return !row ? row.error() : steps.error();
    }
    const Result<bool> found = row->bind(0, id).step();
    if (!found || !*found) {
        return found ? Result<std::optional<RunRecord>>(std::nullopt) : found.error();
    }
    RunRecord run = read_run(*row);
    if (!row->is_null(kPayloadColumn)) {
        run.payload = std::string(row->bytes(kPayloadColumn));
    }
    Result<std::vector<StepRecord>> of_run = load_steps(*steps, row->number(0));
    if (!of_run) {
        return of_run.error();
    }
    run.steps = std::move(*of_run);
    return std::optional<RunRecord>(std::move(run));
}

} // namespace eventsgw
