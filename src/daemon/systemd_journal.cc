// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "daemon/systemd_journal.h"

#include "base/unix_address.h"
#include "event/event.h"

#include <cstdint>
#include <utility>

#include <dlfcn.h>
#include <sys/socket.h>
#include <sys/stat.h>
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

constexpr std::string_view kSocket = "/run/systemd/journal/socket";

/// One field of the native protocol; a value with a line end in it has its size before it.
void append(std::string& record, std::string_view name, std::string_view value) {
    record.append(name);
    if (value.find('\n') == std::string_view::npos) {
        record.append("=");
    } else {
        record.append("\n");
        for (unsigned shift = 0; shift < 64; shift += 8) {
            record += static_cast<char>(std::uint64_t{value.size()} >> shift & 0xFFU);
        }
    }
    record.append(value).append("\n");
}

void append(std::string& record, const LogField& field) {
    if (field.key == "id") {
        append(record, "EVENTSGW_ID", field.value);
    } else if (field.key == "event") {
        if (const auto parts = split_channel(field.value)) {
            append(record, "EVENTSGW_EVENT", parts->name);
            append(record, "EVENTSGW_SOURCE", parts->source);
        }
    }
}

/// libsystemd and what it needs itself take most of a megabyte of memory, which nothing but the steps of handlers under
/// the journal is worth: so the first of them loads it.
decltype(&::sd_journal_stream_fd) load_stream_function() {
    void* library = ::dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL);
    void* function = library == nullptr ? nullptr : ::dlsym(library, "sd_journal_stream_fd");
    return reinterpret_cast<decltype(&::sd_journal_stream_fd)>(function);
}

} // namespace

std::optional<SystemdJournal> SystemdJournal::find(const char* journal_stream, std::string_view agent_id) {
    if (journal_stream == nullptr || journal_stream != name_stream(STDERR_FILENO)) {
        return std::nullopt;
    }
    return SystemdJournal(std::string(instance_of(agent_id)) + "-eventsgw");
}

SystemdJournal::SystemdJournal(std::string identifier)
    : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)), identifier_(std::move(identifier)) {}

bool SystemdJournal::send(LogLevel level, const std::string& text, Log::Fields fields) const {
    std::string record;
    append(record, "MESSAGE", text);
    append(record, "PRIORITY", std::to_string(static_cast<int>(level)));
    append(record, "SYSLOG_IDENTIFIER", identifier_);
    for (const LogField& field : fields) {
        append(record, field);
    }
    const UnixAddress address(kSocket);
    return ::sendto(socket_.get(), record.data(), record.size(), MSG_NOSIGNAL, address.get(), address.size()) >= 0;
}

StepOutput SystemdJournal::open_output() const {
    static const auto open_stream = load_stream_function();
    StepOutput output{UniqueFd(open_stream == nullptr ? -1 : open_stream(identifier_.c_str(), kUsualPriority, 1)), ""};
    if (output.stream) {
        output.variable = "JOURNAL_STREAM=" + name_stream(output.stream.get());
    }
    return output;
}

#else

SystemdJournal::SystemdJournal(std::string identifier) : identifier_(std::move(identifier)) {}

std::optional<SystemdJournal> SystemdJournal::find(const char* /*journal_stream*/, std::string_view /*agent_id*/) {
    return std::nullopt;
}

bool SystemdJournal::send(LogLevel /*level*/, const std::string& /*text*/, Log::Fields /*fields*/) const {
    return false;
}

StepOutput SystemdJournal::open_output() const {
    return {};
}

#endif

} // namespace eventsgw
