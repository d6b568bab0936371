// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "delivery/spool_file.h"

#include <limits>

namespace eventsgw {

Result<void> SpoolFile::bury(const PendingTask& task, std::string_view reason, WallTime now) {
    if (Result<void> gone = drop(task.number()); !gone) {
        return gone;
    }
    Result<Statement> insert =
        database_->prepare("INSERT INTO dead (channel, task, arrived, reason, died) VALUES (?, ?, ?, ?, ?)");
    if (!insert) {
        return insert.error();
    }
    return insert->bind(0, task.channel())
        .bind(1, task.text())
        .bind(2, to_number(task.arrived()))
        .bind(3, reason)
        .bind(4, to_number(now))
        .run();
}

Result<void> SpoolFile::revive(std::int64_t id, std::uint64_t number) {
    Result<Statement> copy =
        database_->prepare("INSERT INTO tasks SELECT ?, channel, task, arrived FROM dead WHERE id = ?");
    if (!copy) {
        return copy.error();
    }
    if (Result<void> copied = copy->bind(0, number).bind(1, id).run(); !copied) {
        return copied;
    }
    return drop_dead(id);
}

Result<SpoolFile::Extent> SpoolFile::measure_dead() {
    Result<Statement> query = database_->prepare("SELECT count(*), total(length(channel) + length(task)) FROM dead");
    if (!query) {
        return query.error();
    }
    if (const Result<bool> row = query->step(); !row) {
        return row.error();
    }
    Extent extent;
    extent.dead = static_cast<std::uint64_t>(query->number(0));
    extent.dead_bytes = static_cast<std::uint64_t>(query->number(1)) + extent.dead * PendingTask::kOverhead;
    return extent;
}

Result<std::vector<SpoolFile::Dead>> SpoolFile::load_dead() {
    return load_dead(false, std::numeric_limits<std::size_t>::max());
}

Result<std::vector<SpoolFile::Dead>> SpoolFile::load_dead_to_retry(std::size_t cost) {
    return load_dead(true, cost);
}

Result<std::vector<SpoolFile::Dead>> SpoolFile::load_dead(bool only_to_retry, std::size_t cost) {
    Result<Statement> query = database_->prepare("SELECT id, channel, task, arrived, reason, died, retry FROM dead"
                                                 " WHERE retry >= ? ORDER BY id");
    if (!query) {
        return query.error();
    }
    query->bind(0, std::int64_t{only_to_retry});
    std::vector<Dead> dead;
    for (std::size_t taken = 0; taken < cost; taken += dead.back().task.cost()) {
        const Result<bool> row = query->step();
        if (!row) {
            return row.error();
        }
        if (!*row) {
            return dead;
        }
        dead.push_back({query->number(0),
                        PendingTask(0, query->bytes(1), std::string(query->bytes(2)), to_time(query->number(3))),
                        std::string(query->bytes(4)), to_time(query->number(5)), query->number(6) != 0});
    }
    return dead;
}

Result<void> SpoolFile::drop_dead(std::int64_t id) {
    return run_once("DELETE FROM dead WHERE id = ?", id);
}

Result<void> SpoolFile::ask_retry(std::int64_t id) {
    return run_once("UPDATE dead SET retry = 1 WHERE id = ?", id);
}

} // namespace eventsgw
