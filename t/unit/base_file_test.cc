// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "base/file.h"

#include "testing.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

using namespace eventsgw;
using namespace eventsgw::testing;

namespace base_file_test {

constexpr std::size_t kAmple = 1U << 30U;

class TemporaryDirectory {
public:
    TemporaryDirectory() {
        std::string name = std::filesystem::temp_directory_path() / "eventsgw-XXXXXX";
        CHECK(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory() { std::filesystem::remove_all(path_); }

    std::string join(const std::string& name) const { return path_ / name; }

    std::string write(const std::string& content) const {
        std::ofstream(join("file"), std::ios::binary) << content;
        return join("file");
    }

private:
    std::filesystem::path path_;
};

void check_error(const Result<std::string>& result, const std::string& message, Fault fault) {
    CHECK(!result.ok());
    CHECK_EQUAL(result.error().message, message);
    CHECK(result.error().fault == fault);
}

void a_file_is_read_byte_for_byte() {
    const TemporaryDirectory directory;
    for (const std::size_t size : {0U, 1U, 65535U, 65536U, 65537U, 1U << 20U}) {
        std::string content(size, '\0');
        for (std::size_t i = 0; i < size; ++i) {
            content[i] = static_cast<char>(i * 7);
        }
        CHECK(read_file(directory.write(content), kAmple).value() == content);
    }
}

void a_file_may_be_as_large_as_the_limit_and_no_larger() {
    const TemporaryDirectory directory;
    const std::string path = directory.write(std::string(100000, 'x'));
    CHECK_EQUAL(read_file(path, 100000).value().size(), 100000U);
    check_error(read_file(path, 99999), "is larger than 99999 bytes", Fault::too_large);
}

void an_endless_file_is_given_up_at_the_limit() {
    const TemporaryDirectory directory;
    const std::string path = directory.join("sparse");
    std::ofstream(path).close();
    std::filesystem::resize_file(path, std::uintmax_t{1} << 40U);
    check_error(read_file(path, 1000), "is larger than 1000 bytes", Fault::too_large);
}

void a_file_whose_size_is_not_known_beforehand_is_read() {
    CHECK(!read_file("/proc/self/status", kAmple).value().empty());
}

void a_missing_file_is_an_error() {
    const TemporaryDirectory directory;
    check_error(read_file(directory.join("none"), kAmple), "cannot be opened: No such file or directory",
                Fault::absent);
    check_error(read_file("", kAmple), "cannot be opened: No such file or directory", Fault::absent);
}

void a_directory_is_an_error() {
    check_error(read_file("/", kAmple), "cannot be read: Is a directory", Fault::other);
}

void a_fifo_is_an_error_and_nothing_waits_for_its_writer() {
    const TemporaryDirectory directory;
    const std::string path = directory.join("fifo");
    CHECK_EQUAL(::mkfifo(path.c_str(), 0600), 0);
    check_error(read_file(path, kAmple), "cannot be read: it is a FIFO, not a regular file", Fault::other);
}

void a_device_is_an_error() {
    check_error(read_file("/dev/zero", kAmple), "cannot be read: it is not a regular file", Fault::other);
}

void a_socket_is_an_error() {
    const TemporaryDirectory directory;
    const std::string path = directory.join("socket");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    const int bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    ::close(fd);
    CHECK_EQUAL(bound, 0);
    CHECK(!read_file(path, kAmple).ok());
}

void a_failing_read_is_an_error() {
    // Nothing is mapped at the address 0 of a process.
    check_error(read_file("/proc/self/mem", kAmple), "cannot be read: Input/output error", Fault::other);
}

void a_file_without_permission_is_an_error() {
    const TemporaryDirectory directory;
    const std::string path = directory.write("secret");
    CHECK_EQUAL(::chmod(path.c_str(), 0), 0);
    constexpr uid_t kNobody = 65534; // root may read everything
    const bool is_root = ::geteuid() == 0;
    CHECK(!is_root || ::seteuid(kNobody) == 0);
    const Result<std::string> result = read_file(path, kAmple);
    CHECK(!is_root || ::seteuid(0) == 0);
    check_error(result, "cannot be opened: Permission denied", Fault::denied);
}

unsigned mode_of(const std::string& path) {
    struct stat info {};
    CHECK_EQUAL(::lstat(path.c_str(), &info), 0);
    return info.st_mode & 07777U;
}

void directories_are_made_with_those_above_them() {
    const TemporaryDirectory directory;
    const mode_t before = ::umask(0);
    const bool made = make_directories(directory.join("a/b//c")).ok();
    ::umask(before);
    CHECK(made);
    for (const char* name : {"a", "a/b", "a/b/c"}) {
        CHECK_EQUAL(mode_of(directory.join(name)), 0755U);
    }
    CHECK(make_directories(directory.join("a/b/c")).ok());
    CHECK(make_directories("/").ok());
}

void a_file_in_the_place_of_a_directory_is_an_error() {
    const TemporaryDirectory directory;
    const std::string file = directory.write("");
    CHECK_EQUAL(make_directories(file).error().message, "cannot be made: Not a directory");
    CHECK_EQUAL(make_directories(file + "/a").error().message, "cannot be made: Not a directory");
    CHECK_EQUAL(make_directories("").error().message, "cannot be made: No such file or directory");
}

std::ptrdiff_t count_entries(const TemporaryDirectory& directory) {
    const std::filesystem::directory_iterator entries(directory.join(""));
    return std::distance(begin(entries), end(entries));
}

Result<void> write_program(const TemporaryDirectory& directory, const std::string& path, std::string_view content,
                           IfPresent if_present) {
    Result<NewProgram> program = NewProgram::write(directory.join(""), content);
    return program ? program->put_at(path, if_present) : program.error();
}

void a_program_is_written_whole_and_can_be_run() {
    const TemporaryDirectory directory;
    const std::string path = directory.join("program");
    const std::string content("#!/bin/sh\n\0exit 0\n", 18);
    CHECK(write_program(directory, path, content, IfPresent::fail).ok());
    CHECK(read_file(path, kAmple).value() == content);
    CHECK_EQUAL(mode_of(path), 0755U);
    CHECK(write_program(directory, path, "", IfPresent::fail).error().fault == Fault::taken);
    CHECK(read_file(path, kAmple).value() == content);
    CHECK(write_program(directory, path, "other", IfPresent::replace).ok());
    CHECK_EQUAL(read_file(path, kAmple).value(), "other");
    CHECK_EQUAL(count_entries(directory), 1);
}

void nothing_is_left_of_a_program_that_got_no_name() {
    const TemporaryDirectory directory;
    CHECK(::mkdir(directory.join("taken").c_str(), 0700) == 0);
    CHECK(!write_program(directory, directory.join("taken"), "x", IfPresent::replace).ok());
    CHECK(!write_program(directory, directory.join("none/program"), "x", IfPresent::fail).ok());
    CHECK(!NewProgram::write(directory.join("none"), "x").ok());
    CHECK_EQUAL(count_entries(directory), 1);
    {
        Result<NewProgram> program = NewProgram::write(directory.join(""), "x");
        NewProgram moved = std::move(program).value();
        CHECK_EQUAL(count_entries(directory), 2);
        CHECK(moved.put_at(directory.join("program"), IfPresent::fail).ok());
    }
    CHECK_EQUAL(count_entries(directory), 2);
}

const TestGroup group{
    TEST(a_file_is_read_byte_for_byte),
    TEST(a_file_may_be_as_large_as_the_limit_and_no_larger),
    TEST(an_endless_file_is_given_up_at_the_limit),
    TEST(a_file_whose_size_is_not_known_beforehand_is_read),
    TEST(a_missing_file_is_an_error),
    TEST(a_directory_is_an_error),
    TEST(a_fifo_is_an_error_and_nothing_waits_for_its_writer),
    TEST(a_device_is_an_error),
    TEST(a_socket_is_an_error),
    TEST(a_failing_read_is_an_error),
    TEST(a_file_without_permission_is_an_error),
    TEST(directories_are_made_with_those_above_them),
    TEST(a_file_in_the_place_of_a_directory_is_an_error),
    TEST(a_program_is_written_whole_and_can_be_run),
    TEST(nothing_is_left_of_a_program_that_got_no_name),
};

} // namespace base_file_test
