// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "daemon/journal.h"

#include "event/event.h"

#include <vector>

#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#ifdef HAVE_LIBSYSTEMD
#include <systemd/sd-journal.h>
#endif

namespace eventsgw {

#ifdef HAVE_LIBSYSTEMD
namespace {

constexpr int kUsualPriority = 6; // LOG_INFO, of a line without a prefix

/// As JOURNAL_STREAM names a descriptor: device and inode.
std::string name_stream(int fd) {
    struct stat info {};
    if (::fstat(fd, &info) != 0) {
        return "";
    }
    return std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino);
}

/// The instance that a module's units are made of: "samba1" of module/samba1, "node" of node/1.
std::string_view instance_of(std::string_view agent_id) {
    constexpr std::string_view kModule = "module/";
    if (agent_id.substr(0, kModule.size()) == kModule) {
        return agent_id.substr(kModule.size());
    }
    return agent_id.substr(0, agent_id.find('/'));
}

/// EVENTSGW_... of one field of a record, if it is one of those.
void add_field(std::vector<std::string>& fields, const LogField& field) {
    if (field.key == "id") {
        fields.push_back("EVENTSGW_ID=" + field.value);
    } else if (field.key == "event") {
        if (const auto parts = split_channel(field.value)) {
            fields.push_back("EVENTSGW_EVENT=" + std::string(parts->name));
            fields.push_back("EVENTSGW_SOURCE=" + std::string(parts->source));
        }
    }
}

} // namespace

std::optional<Journal> Journal::find(const char* journal_stream, std::string_view agent_id) {
    if (journal_stream == nullptr || journal_stream != name_stream(STDERR_FILENO)) {
        return std::nullopt;
    }
    return Journal(std::string(instance_of(agent_id)) + "-eventsgw");
}

bool Journal::send(LogLevel level, const std::string& text, Log::Fields fields) const {
    std::vector<std::string> entries{"MESSAGE=" + text, "PRIORITY=" + std::to_string(static_cast<int>(level)),
                                     "SYSLOG_IDENTIFIER=" + identifier_};
    for (const LogField& field : fields) {
        add_field(entries, field);
    }
    std::vector<iovec> parts;
    parts.reserve(entries.size());
    for (std::string& entry : entries) {
        parts.push_back({entry.data(), entry.size()});
    }
    return ::sd_journal_sendv(parts.data(), static_cast<int>(parts.size())) >= 0;
}

StepOutput Journal::open_output() const {
    StepOutput output{UniqueFd(::sd_journal_stream_fd(identifier_.c_str(), kUsualPriority, 1)), ""};
    if (output.stream) {
        output.variable = "JOURNAL_STREAM=" + name_stream(output.stream.get());
    }
    return output;
}

#else

std::optional<Journal> Journal::find(const char* /*journal_stream*/, std::string_view /*agent_id*/) {
    return std::nullopt;
}

bool Journal::send(LogLevel /*level*/, const std::string& /*text*/, Log::Fields /*fields*/) const {
    return false;
}

StepOutput Journal::open_output() const {
    return {};
}

#endif

} // namespace eventsgw
