// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "loop/listening_socket.h"

#include "directory.h"
#include "testing.h"

#include <cerrno>
#include <filesystem>
#include <memory>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

using namespace eventsgw;
using namespace eventsgw::testing;

namespace loop_listening_socket_test {

/// Too few descriptors for another one, as long as it lives.
class NoMoreDescriptors {
public:
    NoMoreDescriptors() {
        CHECK(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
        const UniqueFd next(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        const rlimit few{static_cast<rlim_t>(next.get()), before_.rlim_max};
        CHECK(::setrlimit(RLIMIT_NOFILE, &few) == 0);
    }
    NoMoreDescriptors(const NoMoreDescriptors&) = delete;
    NoMoreDescriptors& operator=(const NoMoreDescriptors&) = delete;
    ~NoMoreDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
    rlimit before_{};
};

bool is_socket(const std::string& path) {
    struct stat info {};
    return ::lstat(path.c_str(), &info) == 0 && S_ISSOCK(info.st_mode);
}

/// A socket that nobody listens to any more.
void leave_behind(const std::string& path) {
    {
        ListeningSocket dead;
        CHECK(dead.open({{}, 0, path}).ok());
        std::filesystem::rename(path, path + ".kept"); // it removes only what is in its place
    }
    std::filesystem::rename(path + ".kept", path);
    CHECK(is_socket(path));
}

void one_that_is_left_behind_is_replaced() {
    const Directory directory;
    const std::string path = directory / "socket";
    leave_behind(path);
    {
        ListeningSocket socket;
        CHECK(socket.open({{}, 0, path}).ok());
        CHECK(is_socket(path));
    }
    CHECK(!is_socket(path));
}

void one_that_is_in_use_is_not() {
    const Directory directory;
    ListeningSocket first;
    ListeningSocket second;
    CHECK(first.open({{}, 0, directory / "socket"}).ok());
    const Error refused = second.open({{}, 0, directory / "socket"}).error();
    CHECK(refused.fault == Fault::taken);
    CHECK_EQUAL(refused.message, "somebody else answers there");
}

void a_lack_of_descriptors_is_told_as_such() {
    const Directory directory;
    const std::string path = directory / "socket";
    leave_behind(path);
    ListeningSocket socket;
    const NoMoreDescriptors lack;
    CHECK(socket.open({{}, 0, path}).error().fault == Fault::shortage);
    CHECK(is_socket(path));
}

const TestGroup group{
    TEST(one_that_is_left_behind_is_replaced),
    TEST(one_that_is_in_use_is_not),
    TEST(a_lack_of_descriptors_is_told_as_such),
};

} // namespace loop_listening_socket_test
