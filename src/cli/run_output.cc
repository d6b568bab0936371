// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/run_output.h"

#include "base/chrono.h"
#include "base/fd.h"
#include "base/text.h"
#include "process/spawn.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace eventsgw {
namespace {

using Words = std::vector<std::string>;

std::vector<std::string> own_environment() {
    std::vector<std::string> environment;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        environment.emplace_back(*entry);
    }
    return environment;
}

/// The end of what comes out of a pipe, from the beginning of a line on.
std::string read_tail(int fd) {
    std::string text;
    bool is_cut = false;
    std::array<char, 65536> chunk{};
    for (;;) {
        const ssize_t got = ::read(fd, chunk.data(), chunk.size());
        if (got == 0 || (got < 0 && errno != EINTR)) {
            break;
        }
        text.append(chunk.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        if (text.size() > kShownOutput) {
            text.erase(0, text.size() - kShownOutput);
            is_cut = true;
        }
    }
    return is_cut ? text.substr(text.find('\n') + 1) : text;
}

/// What journalctl(1) says; an error where it cannot be run or refuses.
Result<std::string> ask_journal(const RunRecord& run, const Words& arguments) {
    using std::chrono::seconds;
    const auto since = std::chrono::floor<seconds>(run.began.time_since_epoch()).count();
    const auto until = std::chrono::ceil<seconds>(run.ended.time_since_epoch()).count() + 1;
    Words command{"/usr/bin/env",
                  "journalctl",
                  "--quiet",
                  "--no-pager",
                  "--output=cat",
                  "--since=@" + std::to_string(since),
                  "--until=@" + std::to_string(until)};
    command.insert(command.end(), arguments.begin(), arguments.end());

    Result<Pipe> pipe = make_pipe();
    const UniqueFd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!pipe || !nothing) {
        return pipe ? make_os_error("/dev/null") : pipe.error();
    }
    const Result<pid_t> pid = spawn(command, own_environment(), {nothing.get(), pipe->write_end.get()});
    if (!pid) {
        return pid.error();
    }
    pipe->write_end.reset();
    std::string text = read_tail(pipe->read_end.get());
    int status = -1;
    ::waitpid(*pid, &status, 0);
    // journalctl answers 1, and nothing, where it finds nothing.
    return status == 0 || text.empty() ? Result<std::string>(std::move(text)) : Error{std::string(trim(text))};
}

Result<std::string> give(const RunRecord& run, Result<std::string> text) {
    if (!text) {
        return within("the journal cannot be read", text.error());
    }
    if (text->empty()) {
        const auto since = std::chrono::floor<std::chrono::seconds>(run.began.time_since_epoch()).count();
        return Error{"none of its own in the journal; what its programs wrote may be there: journalctl --since=@" +
                     std::to_string(since)};
    }
    return text;
}

std::string match_process(pid_t pid) {
    return "_PID=" + std::to_string(pid);
}

/// As journald numbers streams; empty where that is not known.
std::string find_stream(const RunRecord& run, pid_t pid) {
    constexpr std::size_t kIdLength = 32;
    const Result<std::string> found = ask_journal(run, {"--lines=1", "--output-fields=_STREAM_ID", match_process(pid)});
    const std::string_view id = found ? trim(*found) : std::string_view();
    const bool is_id = id.size() == kIdLength && id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
    return is_id ? std::string(id) : "";
}

} // namespace

Result<std::string> fetch_output(const RunRecord& run) {
    return give(run, ask_journal(run, {match_process(run.pid)}));
}

Result<std::string> fetch_output(const RunRecord& run, const StepRecord& step) {
    const std::string stream = step.has_stream ? find_stream(run, step.pid) : "";
    return give(run, ask_journal(run, {stream.empty() ? match_process(step.pid) : "_STREAM_ID=" + stream}));
}

} // namespace eventsgw
