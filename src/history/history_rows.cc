// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "history/history_rows.h"

#include "base/chrono.h"
#include "event/event.h"

#include <algorithm>
#include <optional>
#include <string>

namespace eventsgw {
namespace {

RunRecord::Time to_time(std::int64_t number) {
    return RunRecord::Time(std::chrono::microseconds(number));
}

RunResult to_result(std::int64_t number) {
    return static_cast<RunResult>(std::clamp<std::int64_t>(number, 0, static_cast<int>(RunResult::refused)));
}

/// What follows "/event/", or nothing.
std::string_view event_of(std::string_view channel) {
    const std::optional<EventName> parts = split_channel(channel);
    return parts ? parts->name : std::string_view();
}

} // namespace

std::int64_t to_number(RunRecord::Time time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

Statement& bind_run(Statement& insert, std::int64_t number, const RunRecord& run) {
    return insert.bind(0, number)
        .bind(1, run.id)
        .bind(2, run.channel)
        .bind(3, event_of(run.channel))
        .bind(4, std::int64_t{run.is_handler})
        .bind(5, static_cast<std::int64_t>(run.line))
        .bind(6, run.value)
        .bind(7, to_number(run.arrived))
        .bind(8, to_number(run.began))
        .bind(9, to_number(run.ended))
        .bind(10, static_cast<std::int64_t>(run.result))
        .bind(11, std::int64_t{run.status})
        .bind(12, std::int64_t{run.signal})
        .bind(13, run.wall.count())
        .bind(14, run.cpu.count())
        .bind(15, std::int64_t{run.pid})
        .bind(16, run.reason)
        .bind(17, static_cast<std::int64_t>(run.coalesced))
        .bind(18, std::int64_t{run.is_replay})
        .bind_optional(19, run.payload);
}

Statement& bind_step(Statement& insert, std::int64_t number, std::int64_t place, const StepRecord& step) {
    return insert.bind(0, number)
        .bind(1, place)
        .bind(2, step.name)
        .bind(3, static_cast<std::int64_t>(step.result))
        .bind(4, std::int64_t{step.status})
        .bind(5, std::int64_t{step.signal})
        .bind(6, step.wall.count())
        .bind(7, step.cpu.count())
        .bind(8, std::int64_t{step.pid})
        .bind(9, std::int64_t{step.has_stream})
        .bind(10, step.reason);
}

RunRecord read_run(const Statement& row) {
    RunRecord run;
    run.id = row.bytes(1);
    run.channel = row.bytes(2);
    run.is_handler = row.number(3) != 0;
    run.line = static_cast<std::size_t>(row.number(4));
    run.value = row.bytes(5);
    run.arrived = to_time(row.number(6));
    run.began = to_time(row.number(7));
    run.ended = to_time(row.number(8));
    run.result = to_result(row.number(9));
    run.status = static_cast<int>(row.number(10));
    run.signal = static_cast<int>(row.number(11));
    run.wall = std::chrono::nanoseconds(row.number(12));
    run.cpu = std::chrono::nanoseconds(row.number(13));
    run.pid = static_cast<pid_t>(row.number(14));
    run.reason = row.bytes(15);
    run.coalesced = static_cast<std::uint64_t>(row.number(16));
    run.is_replay = row.number(17) != 0;
    return run;
}

StepRecord read_step(const Statement& row) {
    return {std::string(row.bytes(0)),
            to_result(row.number(1)),
            static_cast<int>(row.number(2)),
            static_cast<int>(row.number(3)),
            std::chrono::nanoseconds(row.number(4)),
            std::chrono::nanoseconds(row.number(5)),
            static_cast<pid_t>(row.number(6)),
            row.number(7) != 0,
            std::string(row.bytes(8))};
}

} // namespace eventsgw
