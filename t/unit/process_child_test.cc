// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

// Real processes on a real loop.

#include "process/child.h"

#include "base/fd.h"
#include "base/file.h"
#include "loop/loop.h"
#include "testing.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iterator>

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace process_child_test {

/// A directory of its own, gone with it; tests run their commands with $DIR set to it.
class Directory {
public:
    Directory() : path_(std::filesystem::temp_directory_path() / "eventsgw-child-XXXXXX") {
        CHECK(::mkdtemp(path_.data()));
    }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    ~Directory() { std::filesystem::remove_all(path_); }

    std::string file(const std::string& name) const { return path_ + "/" + name; }
    std::string content(const std::string& name) const { return read_file(file(name), 1U << 26U).value(); }
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

struct Fixture {
    Fixture() : launcher(loop, {"PATH=/usr/bin:/bin", "DIR=" + directory.path(), "COLOUR=blue"}) {}

    /// Starts a shell line; its end stops the loop.
    Result<std::unique_ptr<Process>> start(const std::string& line, const std::string& input = "") {
        Job job{{"/bin/sh", "-c", line}, input};
        return launcher.launch(job, [this](const Exit& exit) {
            ended = exit;
            ++exits;
            loop.stop();
        });
    }

    Exit run(const std::string& line, const std::string& input = "") {
        Result<std::unique_ptr<Process>> process = start(line, input);
        CHECK(process.ok());
        wait();
        return ended;
    }

    /// Until the child has exited; a test that hangs fails.
    void wait() {
        const std::unique_ptr<Timer> deadline = loop.make_timer([this] { loop.stop(); });
        deadline->start(20s);
        const int before = exits;
        loop.run();
        CHECK_EQUAL(exits, before + 1);
    }

    Directory directory;
    Loop loop;
    ChildLauncher launcher;
    Exit ended;
    int exits = 0;
};

void tells_the_exit_status() {
    Fixture f;
    CHECK_EQUAL(f.run("exit 7").status, 7);
    CHECK_EQUAL(f.ended.signal, 0);
}

void tells_the_signal_that_ended_it() {
    Fixture f;
    CHECK_EQUAL(f.run("kill -USR1 $$").signal, SIGUSR1);
    CHECK_EQUAL(f.ended.status, -1);
}

void tells_wall_and_cpu_time() {
    Fixture f;
    const Exit exit = f.run("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; sleep 0.05");
    CHECK(exit.wall >= 50ms);
    CHECK(exit.cpu > 0ms);
}

void gets_its_input_byte_for_byte() {
    for (const std::size_t size : {0U, 1U, 65536U, 65537U, 16U << 20U}) {
        Fixture f;
        std::string input(size, '\0');
        for (std::size_t i = 0; i < size; ++i) {
            input[i] = static_cast<char>(i * 31 % 251);
        }
        CHECK_EQUAL(f.run("cat > $DIR/out", input).status, 0);
        CHECK(f.directory.content("out") == input);
    }
}

void need_not_read_its_input() {
    Fixture f;
    const std::string input(16U << 20U, 'x');
    CHECK_EQUAL(f.run("exit 0", input).status, 0);
    CHECK_EQUAL(f.run("head -c 100000 > /dev/null; exit 4", input).status, 4);
    CHECK_EQUAL(f.run("exec 0<&-; exit 5", input).status, 5);
}

void gets_the_environment_of_the_launcher() {
    Fixture f;
    f.run("env > $DIR/env");
    CHECK(f.directory.content("env").find("COLOUR=blue\n") != std::string::npos);
}

void is_done_when_it_exits_whatever_its_children_hold() {
    Fixture f;
    CHECK_EQUAL(f.run("sleep 30 & echo $! > $DIR/pid; exit 6", std::string(1U << 20U, 'x')).status, 6);
    const int grandchild = std::stoi(f.directory.content("pid"));
    CHECK_EQUAL(::kill(grandchild, 0), 0);
    ::kill(grandchild, SIGKILL);
}

void leaves_nothing_behind_when_its_remains_are_to_be_killed() {
    Fixture f;
    // The grandchild holds the writing end of a fifo; the test sees end of file when it is dead.
    const std::string fifo = f.directory.file("fifo");
    CHECK_EQUAL(::mkfifo(fifo.c_str(), 0600), 0);
    const UniqueFd reader(::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    Result<std::unique_ptr<Process>> process = f.start("trap '' TERM; sleep 30 > $DIR/fifo & exit 0");
    CHECK(process.ok());
    (*process)->kill_remains();
    f.wait();
    ::fcntl(reader.get(), F_SETFL, 0);
    char byte = 0;
    CHECK_EQUAL(::read(reader.get(), &byte, 1), ssize_t{0});
}

void a_signal_reaches_its_whole_group() {
    Fixture f;
    Result<std::unique_ptr<Process>> process = f.start("sleep 30 & wait");
    CHECK(process.ok());
    (*process)->signal_group(SIGKILL);
    f.wait();
    CHECK_EQUAL(f.ended.signal, SIGKILL);
}

void inherits_no_descriptor_and_no_signal_setting() {
    Fixture f;
    const UniqueFd leak(::open("/dev/null", O_RDONLY)); // not close-on-exec
    const auto before = ::signal(SIGPIPE, SIG_IGN);
    f.run("ls /proc/self/fd > $DIR/fds; grep -E '^Sig(Blk|Ign)' /proc/self/status > $DIR/signals");
    ::signal(SIGPIPE, before);
    CHECK_EQUAL(f.directory.content("fds"), std::string("0\n1\n2\n3\n")); // 3 is the directory that ls reads
    const std::string signals = f.directory.content("signals");
    CHECK(signals.find("SigBlk:\t0000000000000000") != std::string::npos);
    // glibc keeps the two signals ignored that it uses itself, 32 and 33.
    CHECK(signals.find("SigIgn:\t0000000180000000") != std::string::npos ||
          signals.find("SigIgn:\t0000000000000000") != std::string::npos);
}

void what_cannot_be_executed_is_an_error_at_once() {
    Fixture f;
    Job job{{"/no/such/program"}, "input"};
    const Result<std::unique_ptr<Process>> process = f.launcher.launch(job, [](const Exit&) {});
    CHECK(!process);
    CHECK(process.error().fault == Fault::absent);
    CHECK_EQUAL(job.input, "input");
}

void a_lack_of_descriptors_is_an_error_that_may_pass() {
    Fixture f;
    rlimit before{};
    CHECK_EQUAL(::getrlimit(RLIMIT_NOFILE, &before), 0);
    const UniqueFd lowest_free(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    rlimit tight = before;
    tight.rlim_cur = static_cast<rlim_t>(lowest_free.get()) + 2; // one less than a pipe needs
    CHECK_EQUAL(::setrlimit(RLIMIT_NOFILE, &tight), 0);
    const Result<std::unique_ptr<Process>> refused = f.start("exit 0");
    CHECK_EQUAL(::setrlimit(RLIMIT_NOFILE, &before), 0);
    CHECK(!refused);
    CHECK(refused.error().fault == Fault::shortage);
    CHECK_EQUAL(f.run("exit 3").status, 3);
}

/// From here on the kernel knows no pidfd_open(2) for this process: the last test.
void forbid_pidfds() {
    sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_open, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog program{std::size(filter), filter};
    CHECK_EQUAL(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    CHECK_EQUAL(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

void is_reaped_where_the_kernel_has_no_pidfds() {
    Fixture f;
    forbid_pidfds();
    CHECK_EQUAL(f.run("exit 7").status, 7);
    CHECK_EQUAL(f.run("sleep 0.2; kill -USR1 $$").signal, SIGUSR1);
}

const TestGroup group{
    TEST(tells_the_exit_status),
    TEST(tells_the_signal_that_ended_it),
    TEST(tells_wall_and_cpu_time),
    TEST(gets_its_input_byte_for_byte),
    TEST(need_not_read_its_input),
    TEST(gets_the_environment_of_the_launcher),
    TEST(is_done_when_it_exits_whatever_its_children_hold),
    TEST(leaves_nothing_behind_when_its_remains_are_to_be_killed),
    TEST(a_signal_reaches_its_whole_group),
    TEST(inherits_no_descriptor_and_no_signal_setting),
    TEST(what_cannot_be_executed_is_an_error_at_once),
    TEST(a_lack_of_descriptors_is_an_error_that_may_pass),
    TEST(is_reaped_where_the_kernel_has_no_pidfds),
};

} // namespace process_child_test
