// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "process/spawn.h"

#include <csignal>

#include <spawn.h>
#include <unistd.h>

namespace eventsgw {
namespace {

/// The C library's array of pointers; they point into `strings`. execve(2) takes them as char*, and does not write to
/// them.
std::vector<char*> to_pointers(const std::vector<std::string>& strings) {
    std::vector<char*> pointers;
    pointers.reserve(strings.size() + 1);
    for (const std::string& string : strings) {
        pointers.push_back(const_cast<char*>(string.c_str())); // NOLINT(cppcoreguidelines-pro-type-const-cast)
    }
    pointers.push_back(nullptr);
    return pointers;
}

/// What the child changes about its descriptors between fork and exec.
class FileActions {
public:
    explicit FileActions(Streams streams) {
        ::posix_spawn_file_actions_init(&actions_);
        copy(streams.input, STDIN_FILENO);
        if (streams.output >= 0) {
            copy(streams.output, STDOUT_FILENO);
            copy(streams.output, STDERR_FILENO);
        }
        if (error_ == 0) {
            error_ = ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
        }
    }
    FileActions(const FileActions&) = delete;
    FileActions& operator=(const FileActions&) = delete;
    ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }

    int error() const { return error_; } ///< an errno value, 0 when all is in place
    const posix_spawn_file_actions_t* get() const { return &actions_; }

private:
    void copy(int from, int to) {
        if (error_ == 0) {
            error_ = ::posix_spawn_file_actions_adddup2(&actions_, from, to);
        }
    }

    posix_spawn_file_actions_t actions_{};
    int error_ = 0;
};

/// What the child changes about itself: ignored signals and the signal mask would go through exec otherwise.
class Attributes {
public:
    Attributes() {
        sigset_t all;
        sigset_t none;
        ::sigfillset(&all);
        ::sigemptyset(&none);
        ::posix_spawnattr_init(&attributes_);
        ::posix_spawnattr_setsigdefault(&attributes_, &all);
        ::posix_spawnattr_setsigmask(&attributes_, &none);
        ::posix_spawnattr_setpgroup(&attributes_, 0);
        ::posix_spawnattr_setflags(&attributes_,
                                   POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    }
    Attributes(const Attributes&) = delete;
    Attributes& operator=(const Attributes&) = delete;
    ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }

    const posix_spawnattr_t* get() const { return &attributes_; }

private:
    posix_spawnattr_t attributes_{};
};

} // namespace

Result<pid_t> spawn(const std::vector<std::string>& command, const std::vector<std::string>& environment,
                    Streams streams) {
    const FileActions actions(streams);
    if (actions.error() != 0) {
        return make_os_error("cannot start " + command.front(), actions.error());
    }
    const Attributes attributes;
    pid_t pid = -1;
    const int error = ::posix_spawn(&pid, command.front().c_str(), actions.get(), attributes.get(),
                                    to_pointers(command).data(), to_pointers(environment).data());
    if (error != 0) {
        return make_os_error("cannot start " + command.front(), error);
    }
    return pid;
}

} // namespace eventsgw
