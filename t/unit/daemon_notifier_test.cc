// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

// A real socket in the place of the service manager's.

#include "daemon/notifier.h"

#include "base/unix_address.h"
#include "directory.h"
#include "fake_timers.h"
#include "testing.h"

#include <string>

#include <sys/socket.h>

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace daemon_notifier_test {

/// The service manager's end.
class Manager {
public:
    explicit Manager(const std::string& path) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        const UnixAddress address(path);
        CHECK(::bind(socket_.get(), address.get(), address.size()) == 0);
    }

    /// The next message; empty if none has come.
    std::string receive() const {
        std::string message(1000, '\0');
        const ssize_t size = ::recv(socket_.get(), message.data(), message.size(), MSG_DONTWAIT);
        message.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
        return message;
    }

private:
    UniqueFd socket_;
};

struct Setup {
    Directory directory;
    Manager manager{directory / "notify"};
    FakeTimers timers;
    Notifier notifier{timers, directory / "notify"};
};

void each_state_is_one_message() {
    Setup setup;
    setup.notifier.ready("listening");
    CHECK_EQUAL(setup.manager.receive(), "READY=1\nSTATUS=listening");
    setup.notifier.alive();
    CHECK_EQUAL(setup.manager.receive(), "WATCHDOG=1");
    setup.notifier.stopping();
    CHECK_EQUAL(setup.manager.receive(), "STOPPING=1");
    CHECK_EQUAL(setup.manager.receive(), "");
}

void more_time_is_asked_for_in_microseconds() {
    Setup setup;
    setup.notifier.extend_timeout(5s);
    CHECK_EQUAL(setup.manager.receive(), "EXTEND_TIMEOUT_USEC=5000000");
    setup.notifier.extend_timeout(0s);
    setup.notifier.extend_timeout(-1s);
    CHECK_EQUAL(setup.manager.receive(), "");
}

void what_a_full_queue_does_not_take_is_sent_again() {
    Setup setup;
    for (int i = 0; i < 10000; ++i) {
        setup.notifier.alive(); // lost, once the queue is full
    }
    setup.notifier.stopping();
    setup.notifier.extend_timeout(1min);
    int alive = 0;
    while (setup.manager.receive() == "WATCHDOG=1") {
        ++alive;
    }
    CHECK(alive > 0 && alive < 10000);
    setup.timers.advance(Notifier::kRetryInterval);
    CHECK_EQUAL(setup.manager.receive(), "STOPPING=1\nEXTEND_TIMEOUT_USEC=60000000");
    setup.timers.advance(1min);
    CHECK_EQUAL(setup.manager.receive(), "");
}

void without_a_manager_nothing_happens() {
    FakeTimers timers;
    for (const char* path : {"", "relative", "/nonexistent/notify"}) {
        Notifier notifier(timers, path);
        notifier.stopping();
        notifier.extend_timeout(1s);
        timers.advance(1min);
    }
}

const TestGroup group{
    TEST(each_state_is_one_message),
    TEST(more_time_is_asked_for_in_microseconds),
    TEST(what_a_full_queue_does_not_take_is_sent_again),
    TEST(without_a_manager_nothing_happens),
};

} // namespace daemon_notifier_test
