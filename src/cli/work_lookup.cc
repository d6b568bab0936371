// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/work_lookup.h"

#include "base/text.h"
#include "cli/gateway_client.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include <poll.h>

namespace eventsgw {
namespace {

constexpr std::string_view kIdForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
constexpr std::string_view kHexDigits = "0123456789abcdef";

std::string read_member(const cJSON* object, const char* name) {
    const char* text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    return text == nullptr ? "" : escape(text);
}

/// Whatever listens at the socket: only what a gateway can answer is taken.
Result<LiveWork> parse_work(const std::string& answer, const std::string& asked) {
    constexpr std::array<std::string_view, 4> kStates{"waiting", "running", "held", "pushed"};
    const JsonTree tree(cJSON_ParseWithLength(answer.data(), answer.size()));
    LiveWork work{read_member(tree.get(), "id"), read_member(tree.get(), "state"), read_member(tree.get(), "due"),
                  read_member(tree.get(), "reason")};
    const bool is_state = std::find(kStates.begin(), kStates.end(), work.state) != kStates.end();
    if (!is_state || !is_whole_id(work.id) || !work.id.starts_with(asked)) {
        return no_gateway_there();
    }
    return work;
}

Error no_work(const std::string& id) {
    return Error{"no work has the id " + quote(id), Fault::no_match};
}

Result<JournalFile> open_journal_to_read(const std::string& id) {
    Result<JournalFile> file = JournalFile::open(JournalFile::kName, Database::Mode::read);
    if (!file) {
        return file.error().fault == Fault::absent ? no_work(id) : within(JournalFile::kName, file.error());
    }
    return file;
}

} // namespace

bool is_id_prefix(std::string_view text) {
    return !text.empty() && text.size() <= kIdForm.size() &&
           std::equal(text.begin(), text.end(), kIdForm.begin(), [](char c, char form) {
               return form == '-' ? c == '-' : kHexDigits.find(c) != std::string_view::npos;
           });
}

bool is_whole_id(std::string_view text) {
    return text.size() == kIdForm.size() && is_id_prefix(text);
}

Result<LiveWork> ask_for_work(const std::string& id) {
    const Result<std::string> answer = ask_gateway("GET", "/state/" + id);
    return answer ? parse_work(*answer, id) : answer.error();
}

Result<RunRecord> find_ended(const std::string& id) {
    Result<JournalFile> file = open_journal_to_read(id);
    if (!file) {
        return file.error();
    }
    HistoryTable history = file->history();
    const Result<std::string> whole = history.resolve(id);
    if (!whole) {
        return whole.error().fault == Fault::no_match ? no_work(id) : whole.error();
    }
    Result<std::optional<RunRecord>> run = history.load(*whole);
    if (!run || !*run) {
        return run ? no_work(id) : run.error();
    }
    return std::move(**run);
}

Result<JournalFile::Stored> find_stored_task(const std::string& id) {
    Result<JournalFile> file = open_journal_to_read(id);
    Result<std::vector<JournalFile::Stored>> tasks = file ? file->find_tasks(id) : file.error();
    if (!tasks) {
        return tasks.error();
    }
    if (tasks->size() > 1) {
        return Error{"several ids begin with " + quote(id) + ": give more of it", Fault::ambiguous};
    }
    return tasks->empty() ? no_work(id) : Result<JournalFile::Stored>(tasks->front());
}

int report_error(const std::string& message, int status, std::ostream& err) {
    err << "eventsgw: " << message << "\n";
    return status;
}

void pause_between_polls(std::chrono::nanoseconds at_most) {
    constexpr std::chrono::milliseconds kPoll{200};
    const auto pause = std::min(kPoll, std::chrono::ceil<std::chrono::milliseconds>(at_most));
    ::poll(nullptr, 0, static_cast<int>(std::max<std::chrono::milliseconds::rep>(pause.count(), 1)));
}

} // namespace eventsgw
