// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/fd.h"
#include "base/log.h"
#include "runs/attempt.h"

#include <optional>
#include <string>
#include <string_view>

namespace eventsgw {

/// The systemd journal, where it is what standard error leads to. A record sent here has fields to search for, and a
/// step that is given a stream of its own keeps its lines' priorities. All of libsystemd is in its source file; built
/// without it there is no journal.
///
/// Records go by the native protocol and not by sd_journal_sendv(3), which waits for a journal that has stopped
/// reading: https://systemd.io/JOURNAL_NATIVE_PROTOCOL/
class SystemdJournal {
public:
    /// `journal_stream` is JOURNAL_STREAM's value or nullptr; see systemd.exec(5). Nothing where standard error is
    /// something else.
    static std::optional<SystemdJournal> find(const char* journal_stream, std::string_view agent_id);

    /// A record, as a Log::Sink; false when the journal does not take it at once. The field "event", a channel, and
    /// "id" become EVENTSGW_EVENT, EVENTSGW_SOURCE and EVENTSGW_ID.
    bool send(LogLevel level, const std::string& text, Log::Fields fields) const;

    /// The output of one step; none where the journal does not give a stream.
    StepOutput open_output() const;

private:
    explicit SystemdJournal(std::string identifier);

    UniqueFd socket_;
    std::string identifier_; ///< what journalctl -t finds it by: "samba1-eventsgw"
};

} // namespace eventsgw
