// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "base/log.h"

#include "base/fd.h"

#include "log_file.h"
#include "testing.h"

#include <algorithm>
#include <array>
#include <csignal>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace base_log_test {

/// A descriptor for a Log on which each write(2) stays apart from the others.
class Journal {
public:
    Journal() {
        std::array<int, 2> ends{};
        CHECK_EQUAL(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()), 0);
        log_end_.reset(ends[0]);
        reading_end_.reset(ends[1]);
    }

    int fd() const { return log_end_.get(); }

    /// What the next write wrote, or "(nothing)".
    std::string next() const {
        std::array<char, 4096> buffer{};
        const ssize_t size = ::read(reading_end_.get(), buffer.data(), buffer.size());
        return size < 0 ? "(nothing)" : std::string(buffer.data(), static_cast<std::size_t>(size));
    }

private:
    UniqueFd log_end_;
    UniqueFd reading_end_;
};

void a_record_is_one_write_of_one_line() {
    const Journal journal;
    const Log log(journal.fd(), Log::Style::journal, LogLevel::info);
    log.info("listen", "subscribed", {{"channels", 2}, {"patterns", std::uint64_t{1}}, {"server", "127.0.0.1:6379"}});
    CHECK_EQUAL(journal.next(), "<6>listen: subscribed channels=2 patterns=1 server=127.0.0.1:6379\n");
    CHECK_EQUAL(journal.next(), "(nothing)");
}

void the_prefix_tells_the_level() {
    const Journal journal;
    const Log log(journal.fd(), Log::Style::journal, LogLevel::debug);
    log.error("a", "b");
    log.warning("a", "b");
    log.notice("a", "b");
    log.info("a", "b");
    log.debug("a", "b");
    for (const char* expected : {"<3>a: b\n", "<4>a: b\n", "<5>a: b\n", "<6>a: b\n", "<7>a: b\n"}) {
        CHECK_EQUAL(journal.next(), expected);
    }
}

void a_record_above_the_level_is_not_written() {
    const Journal journal;
    const Log log(journal.fd(), Log::Style::journal, LogLevel::warning);
    log.notice("a", "b");
    CHECK_EQUAL(journal.next(), "(nothing)");
    CHECK(log.is_enabled(LogLevel::warning));
    CHECK(!log.is_enabled(LogLevel::notice));
}

void a_value_cannot_forge_a_record_nor_a_field() {
    const Journal journal;
    const Log log(journal.fd(), Log::Style::journal, LogLevel::info);
    log.info("event", "came",
             {{"channel", "x\n<0>root: owned"}, {"name", "a level=error"}, {"nul", std::string("a\0b", 3)}});
    CHECK_EQUAL(journal.next(), "<6>event: came channel=\"x\\n<0>root: owned\" name=\"a level=error\" nul=a\\x00b\n");
    CHECK_EQUAL(journal.next(), "(nothing)");
}

void a_terminal_gets_time_and_level() {
    const Journal journal;
    const Log log(journal.fd(), Log::Style::terminal, LogLevel::info);
    log.warning("a", "b");
    std::string line = journal.next();
    std::replace_if(
        line.begin(), line.end(), [](char c) { return c >= '0' && c <= '9'; }, '0');
    CHECK_EQUAL(line, "0000-00-00 00:00:00.000 warning a: b\n");
}

void standard_error_that_is_no_terminal_gets_the_journals_style() {
    const Journal journal;
    const UniqueFd saved(::dup(STDERR_FILENO));
    ::dup2(journal.fd(), STDERR_FILENO);
    Log::to_stderr(LogLevel::info).info("a", "b");
    ::dup2(saved.get(), STDERR_FILENO);
    CHECK_EQUAL(journal.next(), "<6>a: b\n");
}

void a_descriptor_that_is_full_loses_the_record_only() {
    Pipe pipe = std::move(make_pipe()).value();
    CHECK(set_nonblocking(pipe.write_end.get()).ok());
    const std::string filling(1 << 20, 'x');
    while (::write(pipe.write_end.get(), filling.data(), filling.size()) > 0) {
    }
    const Log log(pipe.write_end.get(), Log::Style::journal, LogLevel::info);
    log.info("a", "b");
    log.info("a", "c");
}

void a_descriptor_that_is_gone_loses_the_record_only() {
    std::signal(SIGPIPE, SIG_IGN); // as the daemon does
    Pipe pipe = std::move(make_pipe()).value();
    pipe.read_end.reset();
    Log(pipe.write_end.get(), Log::Style::journal, LogLevel::info).info("a", "b");
    Log(-1, Log::Style::journal, LogLevel::info).info("a", "b");
    std::signal(SIGPIPE, SIG_DFL);
}

/// The pipe blocks, as the one to a stopped reader does.
void a_reader_that_has_stopped_holds_up_one_record_and_is_told_what_it_missed() {
    const Pipe pipe = std::move(make_pipe().value());
    CHECK(set_nonblocking(pipe.read_end.get()).ok());
    const Log log(pipe.write_end.get(), Log::Style::journal, LogLevel::info);
    const std::string value(Log::kMaxValue, 'x');
    const auto started = std::chrono::steady_clock::now();
    for (int i = 0; i < 10000; ++i) {
        log.info("area", "fact", {{"value", value}});
    }
    CHECK(std::chrono::steady_clock::now() - started < 50 * Log::kPatience);

    std::string content(1U << 20U, '\0');
    content.resize(static_cast<std::size_t>(::read(pipe.read_end.get(), content.data(), content.size())));
    const auto written = std::count(content.begin(), content.end(), '\n');
    CHECK(written > 0 && written < 10000);
    log.info("area", "read again");
    content.resize(4096);
    content.resize(static_cast<std::size_t>(::read(pipe.read_end.get(), content.data(), content.size())));
    CHECK_EQUAL(content, "<4>log: records lost, nobody read them lost=" + std::to_string(10000 - written) +
                             "\n<6>area: read again\n");
}

void a_long_value_is_cut() {
    const Journal journal;
    Log(journal.fd(), Log::Style::journal, LogLevel::info).info("a", "b", {{"v", std::string(100000, 'x')}});
    CHECK_EQUAL(journal.next(), "<6>a: b v=" + std::string(Log::kMaxValue, 'x') + "...\n");
}

void errno_survives_a_record() {
    const Log log(-1, Log::Style::terminal, LogLevel::info);
    errno = EEXIST;
    log.info("a", "b", {{"took", 5ms}});
    CHECK_EQUAL(errno, EEXIST);
}

void level_names_are_read_and_written() {
    for (const LogLevel level :
         {LogLevel::error, LogLevel::warning, LogLevel::notice, LogLevel::info, LogLevel::debug}) {
        CHECK_EQUAL(parse_log_level(to_string(level)).value(), level);
    }
    CHECK_EQUAL(parse_log_level("loud").error().message, "not one of error, warning, notice, info, debug: \"loud\"");
    CHECK(!parse_log_level("Info").ok());
    CHECK(!parse_log_level("").ok());
}

void a_text_of_somebody_elses_is_a_record_too() {
    LogFile file;
    file.log().say(LogLevel::error, "Handler of x exited", {{"wall", 1ms}, LogField::hidden("event", "x")});
    CHECK_EQUAL(file.count("<3>Handler of x exited wall=1ms\n"), 1);
}

void a_sink_takes_the_place_of_the_descriptor() {
    LogFile file;
    Log log = file.log();
    bool takes = true;
    std::string taken;
    log.set_sink([&](LogLevel level, const std::string& text, Log::Fields fields) {
        taken = std::to_string(static_cast<int>(level)) + text;
        for (const LogField& field : fields) {
            taken += "|" + std::string(field.key) + field.value;
        }
        return takes;
    });
    log.warning("area", "fact", {{"key", "a\nb"}, LogField::hidden("event", "x y")});
    CHECK_EQUAL(taken, "4area: fact key=a\\nb|keya\nb|eventx y");
    CHECK_EQUAL(file.count("fact"), 0);
    takes = false;
    log.warning("area", "fact");
    CHECK_EQUAL(file.count("<4>area: fact\n"), 1);
}

void durations_have_three_digits_and_a_fitting_unit() {
    CHECK_EQUAL(format_duration(0ns), "0us");
    CHECK_EQUAL(format_duration(1ns), "0.001us");
    CHECK_EQUAL(format_duration(12345ns), "12.3us");
    CHECK_EQUAL(format_duration(12345us), "12.3ms");
    CHECK_EQUAL(format_duration(4049ms), "4.05s");
    CHECK_EQUAL(format_duration(59949ms), "59.9s");
    CHECK_EQUAL(format_duration(130s), "2m10s");
    CHECK_EQUAL(format_duration(3h), "180m0s");
}

void durations_that_round_up_to_the_next_unit_are_shown_in_it() {
    CHECK_EQUAL(format_duration(999499ns), "999us");
    CHECK_EQUAL(format_duration(999600ns), "1ms");
    CHECK_EQUAL(format_duration(999999us), "1s");
    CHECK_EQUAL(format_duration(59950ms), "1m0s");
    CHECK_EQUAL(format_duration(119999ms), "2m0s");
}

const TestGroup group{
    TEST(a_record_is_one_write_of_one_line),
    TEST(the_prefix_tells_the_level),
    TEST(a_record_above_the_level_is_not_written),
    TEST(a_value_cannot_forge_a_record_nor_a_field),
    TEST(a_terminal_gets_time_and_level),
    TEST(standard_error_that_is_no_terminal_gets_the_journals_style),
    TEST(a_descriptor_that_is_full_loses_the_record_only),
    TEST(a_descriptor_that_is_gone_loses_the_record_only),
    TEST(a_reader_that_has_stopped_holds_up_one_record_and_is_told_what_it_missed),
    TEST(a_long_value_is_cut),
    TEST(errno_survives_a_record),
    TEST(level_names_are_read_and_written),
    TEST(a_text_of_somebody_elses_is_a_record_too),
    TEST(a_sink_takes_the_place_of_the_descriptor),
    TEST(durations_have_three_digits_and_a_fitting_unit),
    TEST(durations_that_round_up_to_the_next_unit_are_shown_in_it),
};

} // namespace base_log_test
