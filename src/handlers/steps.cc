// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "handlers/steps.h"

#include "base/backoff.h"
#include "base/fd.h"
#include "base/text.h"
#include "event/event.h"
#include "handlers/trust.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace eventsgw {
namespace {

std::string join(std::string_view directory, std::string_view name) {
    return std::string(directory).append("/").append(name);
}

struct CloseDirectory {
    void operator()(DIR* directory) const { ::closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

/// Whether the entry is a directory or leads to one; what cannot be told is taken for a file.
bool is_directory(DIR* directory, const dirent& entry) {
    if (entry.d_type != DT_UNKNOWN && entry.d_type != DT_LNK) {
        return entry.d_type == DT_DIR;
    }
    struct stat info {};
    return ::fstatat(::dirfd(directory), entry.d_name, &info, 0) == 0 && S_ISDIR(info.st_mode);
}

/// Shows each entry of one directory but the two of every directory.
Result<void> visit(const std::string& path,
                   const std::function<void(const std::string& name, bool is_directory)>& show) {
    const Directory directory(::opendir(path.c_str()));
    if (!directory) {
        return make_os_error(escape(path));
    }
    errno = 0;
    while (const dirent* entry = ::readdir(directory.get())) { // NOLINT(concurrency-mt-unsafe): a stream of our own
        const std::string name = entry->d_name;
        if (name != "." && name != "..") {
            show(name, is_directory(directory.get(), *entry));
        }
        errno = 0;
    }
    return errno == 0 ? Result<void>() : make_os_error(escape(path));
}

/// As much as the kernel looks at (BINPRM_BUF_SIZE); nothing where the file cannot be read, which it need not be.
std::optional<std::string> read_beginning(const std::string& path) {
    std::array<char, 256> bytes{};
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    const ssize_t got = ::read(file.get(), bytes.data(), bytes.size());
    return got < 0 ? std::nullopt : std::make_optional(std::string(bytes.data(), static_cast<std::size_t>(got)));
}

/// Why execve(2) would not take a file that begins like that; nothing where it would, or nobody can tell: the kernel
/// may know more formats.
std::optional<std::string> find_interpreter_fault(const std::optional<std::string>& beginning) {
    if (!beginning || beginning->find('\0') != std::string::npos) {
        return std::nullopt;
    }
    if (!beginning->starts_with("#!")) {
        return "no interpreter: its first line does not begin with #!";
    }
    const std::string_view line = std::string_view(*beginning).substr(2, beginning->find('\n') - 2);
    const std::size_t begin = std::min(line.find_first_not_of(" \t"), line.size());
    const std::string interpreter(line.substr(begin, line.find_first_of(" \t", begin) - begin));
    if (interpreter.empty()) {
        return "no interpreter: its first line names none behind #!";
    }
    if (::faccessat(AT_FDCWD, interpreter.c_str(), X_OK, AT_EACCESS) != 0) {
        return "no interpreter " + quote(interpreter) + ": " + std::strerror(errno);
    }
    return std::nullopt;
}

} // namespace

StepList list_steps(const std::vector<std::string>& bases, std::string_view event) {
    StepList list;
    std::map<std::string, std::string> files; // std::string compares bytes as unsigned
    for (const std::string& base : bases) {
        const std::string directory = join(base, event);
        const Result<void> read = visit(directory, [&](const std::string& name, bool is_directory) {
            if (!is_directory) {
                files[name] = join(directory, name);
            }
        });
        list.is_short = list.is_short || (!read && read.error().fault == Fault::shortage);
        if (!read && read.error().fault != Fault::absent) {
            list.problems.push_back(read.error().message);
        }
    }
    for (auto& [name, path] : files) {
        list.steps.push_back({name, std::move(path)});
    }
    return list;
}

EventList list_events(const std::vector<std::string>& bases) {
    EventList list;
    std::set<std::string> names;
    for (const std::string& base : bases) {
        const Result<void> read = visit(base, [&](const std::string& name, bool is_directory) {
            if (is_directory && is_valid_name(name)) {
                names.insert(name);
            } else if (is_directory) {
                list.problems.push_back(escape(join(base, name)) + ": no event has such a name");
            }
        });
        if (!read) {
            list.problems.push_back(read.error().message);
        }
    }
    list.names.assign(names.begin(), names.end());
    return list;
}

StepVerdict judge_step(const std::string& path, bool strict) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) {
        return {StepFate::skipped, std::strerror(errno)};
    }
    if (!S_ISREG(info.st_mode)) {
        return {StepFate::skipped, "it is no file"};
    }
    if (::faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) != 0) {
        return {StepFate::skipped, errno == EACCES ? "it is not executable" : std::strerror(errno)};
    }
    if (strict) {
        if (std::optional<std::string> intruder = find_intruder(path, ::geteuid())) {
            return {StepFate::refused, std::move(*intruder)};
        }
    }
    return {};
}

StepVerdict foresee_step(const std::string& path, bool strict) {
    StepVerdict verdict = judge_step(path, strict);
    if (verdict.fate == StepFate::runs) {
        if (std::optional<std::string> fault = find_interpreter_fault(read_beginning(path))) {
            return {StepFate::skipped, std::move(*fault)};
        }
    }
    return verdict;
}

} // namespace eventsgw
