// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "base/fd.h"

#include "testing.h"

#include <fcntl.h>
#include <unistd.h>

using namespace eventsgw;
using namespace eventsgw::testing;

namespace base_fd_test {

bool is_open(int fd) {
    return ::fcntl(fd, F_GETFD) >= 0;
}

Pipe new_pipe() {
    return std::move(make_pipe()).value();
}

void a_descriptor_is_closed_with_its_owner() {
    int fd = -1;
    {
        const Pipe pipe = new_pipe();
        fd = pipe.read_end.get();
        CHECK(is_open(fd));
    }
    CHECK(!is_open(fd));
}

void moving_hands_the_descriptor_over_and_closes_the_old_one() {
    Pipe pipe = new_pipe();
    const int read_end = pipe.read_end.get();
    const int write_end = pipe.write_end.get();
    pipe.read_end = std::move(pipe.write_end);
    CHECK_EQUAL(pipe.read_end.get(), write_end);
    CHECK(!pipe.write_end);
    CHECK(!is_open(read_end));
    CHECK(is_open(write_end));
    const UniqueFd moved(std::move(pipe.read_end));
    CHECK_EQUAL(moved.get(), write_end);
    CHECK(is_open(write_end));
}

void moving_to_itself_changes_nothing() {
    Pipe pipe = new_pipe();
    UniqueFd& alias = pipe.read_end;
    pipe.read_end = std::move(alias);
    CHECK(is_open(pipe.read_end.get()));
}

void an_empty_owner_closes_nothing() {
    UniqueFd none;
    CHECK(!none);
    CHECK_EQUAL(none.get(), -1);
    none.reset();
}

void a_pipe_is_close_on_exec_and_blocking_and_leads_from_write_to_read() {
    const Pipe pipe = new_pipe();
    for (const int fd : {pipe.read_end.get(), pipe.write_end.get()}) {
        CHECK_EQUAL(::fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
        CHECK_EQUAL(::fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    }
    char byte = 0;
    CHECK_EQUAL(::write(pipe.write_end.get(), "x", 1), 1);
    CHECK_EQUAL(::read(pipe.read_end.get(), &byte, 1), 1);
    CHECK_EQUAL(byte, 'x');
}

void nonblocking_concerns_one_end_only() {
    const Pipe pipe = new_pipe();
    CHECK(set_nonblocking(pipe.read_end.get()).ok());
    char byte = 0;
    CHECK_EQUAL(::read(pipe.read_end.get(), &byte, 1), -1);
    CHECK_EQUAL(errno, EAGAIN);
    CHECK_EQUAL(::fcntl(pipe.write_end.get(), F_GETFL) & O_NONBLOCK, 0);
    CHECK_EQUAL(set_nonblocking(-1).error().message, "fcntl: Bad file descriptor");
}

void a_lock_is_for_one_open_file_at_a_time() {
    const UniqueFd one(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
    UniqueFd other(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
    CHECK(lock_exclusively(other).ok());
    CHECK(lock_exclusively(one).error().fault == Fault::busy);
    other.reset();
    CHECK(lock_exclusively(one).ok());
    CHECK(lock_exclusively(UniqueFd()).error().fault == Fault::other);
}

void missing_standard_descriptors_are_filled_and_the_others_left_alone() {
    const UniqueFd saved_input(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10));
    const UniqueFd saved_error(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10));
    ::close(STDIN_FILENO);
    ::close(STDERR_FILENO);
    open_missing_standard_descriptors();
    const bool are_open = ::fcntl(STDIN_FILENO, F_GETFD) == 0 && ::fcntl(STDERR_FILENO, F_GETFD) == 0;
    char byte = 0;
    const bool is_readable = ::read(STDIN_FILENO, &byte, 1) >= 0;
    const bool is_writable = ::write(STDERR_FILENO, &byte, 1) == 1;
    const UniqueFd next(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    ::dup2(saved_input.get(), STDIN_FILENO);
    ::dup2(saved_error.get(), STDERR_FILENO);
    CHECK(are_open);
    CHECK(!is_readable);
    CHECK(is_writable);
    CHECK(next.get() > STDERR_FILENO);
}

const TestGroup group{
    TEST(a_descriptor_is_closed_with_its_owner),
    TEST(moving_hands_the_descriptor_over_and_closes_the_old_one),
    TEST(moving_to_itself_changes_nothing),
    TEST(an_empty_owner_closes_nothing),
    TEST(a_pipe_is_close_on_exec_and_blocking_and_leads_from_write_to_read),
    TEST(nonblocking_concerns_one_end_only),
    TEST(a_lock_is_for_one_open_file_at_a_time),
    TEST(missing_standard_descriptors_are_filled_and_the_others_left_alone),
};

} // namespace base_fd_test
