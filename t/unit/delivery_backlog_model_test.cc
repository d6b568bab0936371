// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "delivery/backlog.h"

#include "directory.h"
#include "fake_timers.h"
#include "log_file.h"
#include "testing.h"

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <random>

#include <poll.h>

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace delivery_backlog_model_test {

#ifdef __SANITIZE_ADDRESS__
constexpr int kSteps = 30000;
#else
constexpr int kSteps = 100000;
#endif

/// Does at random to a backlog on a real journal what a leader, events and administrators do, and knows what has to
/// come of it: which tasks wait, in which order, and which are dead.
class Model {
public:
    explicit Model(unsigned seed) : random_(seed) { backlog_.set_away(false, ""); }

    void step() {
        const int choice = below(100);
        if (choice < 40) {
            add(below(200) == 0 ? 3000 : below(30));
        } else if (choice < 60) {
            push();
        } else if (choice < 80) {
            confirm(below(static_cast<int>(pushed_.size()) + 1));
        } else if (choice < 82) {
            forget();
        } else if (choice < 84) {
            bury();
        } else if (choice < 86) {
            is_away_ = below(3) == 0;
            backlog_.set_away(is_away_, "Connection refused");
            pushed_.clear(); // what was on its way is pushed again, or confirmed by the cursor
        } else if (choice < 97) {
            timers_.advance(std::chrono::milliseconds(below(150)));
        } else {
            receive(1);
        }
        receive(0);
        check();
    }

    /// Until nothing waits, and what is on disk tells the same.
    void drain() {
        is_away_ = false;
        backlog_.set_away(false, "");
        pushed_.clear();
        for (int i = 0; i < 20000 && backlog_.waiting() > 0; ++i) {
            push();
            confirm(static_cast<int>(pushed_.size()));
            timers_.advance(10ms);
            receive(1);
            check();
        }
        CHECK_EQUAL(waiting_.size(), std::size_t{0});
        CHECK_EQUAL(backlog_.finish(), std::size_t{0});
        CHECK_EQUAL(backlog_.waiting(), std::size_t{0});
        CHECK_EQUAL(backlog_.waiting_cost(), std::size_t{0});
        CHECK_EQUAL(backlog_.on_disk(), std::size_t{0});
        CHECK_EQUAL(backlog_.dead(), dead_);
        Result<JournalFile> file = JournalFile::open(directory_ / "journal", Database::Mode::read);
        CHECK(file.ok());
        CHECK_EQUAL(file->measure().value().tasks, std::uint64_t{0});
        CHECK_EQUAL(file->measure().value().dead, dead_);
    }

    std::size_t most() const { return most_; }

private:
    int below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }

    /// Up to three tasks of one event.
    void add(int count) {
        while (count > 0) {
            const auto event = std::make_shared<KeptEvent>("a/event/b", std::string(below(40), ' ') + "{}", false);
            for (int rules = 1 + below(3); rules > 0; --rules, --count) {
                CHECK(backlog_.add(event, "act", Uuid{}));
                waiting_.push_back(++last_);
            }
        }
        most_ = std::max(most_, waiting_.size());
    }

    /// A batch of what may be pushed goes to the leader, if none is on its way.
    void push() {
        const std::size_t pushable = backlog_.pushable();
        if (is_away_ || !pushed_.empty() || pushable == 0) {
            return;
        }
        for (int count = 1 + below(static_cast<int>(pushable)); count > 0; --count) {
            pushed_.push_back(backlog_.tasks()[pushed_.size()].number);
        }
        backlog_.note_pushing(pushed_.back());
    }

    void confirm(int count) {
        if (count == 0) {
            return;
        }
        const std::uint64_t through = pushed_[static_cast<std::size_t>(count) - 1];
        backlog_.confirm_through(through, [&](Task task) {
            CHECK_EQUAL(task.number, waiting_.front());
            waiting_.pop_front();
            recent_.push_back(std::move(task));
        });
        pushed_.erase(pushed_.begin(), pushed_.begin() + count);
        while (recent_.size() > 50) {
            recent_.pop_front();
        }
    }

    /// The leader has forgotten the last of what it confirmed.
    void forget() {
        if (recent_.empty() || !pushed_.empty()) {
            return;
        }
        std::vector<Task> tasks;
        for (std::size_t count = 1 + static_cast<std::size_t>(below(static_cast<int>(recent_.size()))); count > 0;
             --count) {
            tasks.insert(tasks.begin(), std::move(recent_.back()));
            waiting_.push_front(tasks.front().number);
            recent_.pop_back();
        }
        backlog_.take_back(std::move(tasks));
    }

    void bury() {
        if (is_away_ || !pushed_.empty() || backlog_.pushable() == 0) {
            return;
        }
        CHECK_EQUAL(backlog_.tasks().front().number, waiting_.front());
        backlog_.bury(1, "WRONGTYPE");
        waiting_.pop_front();
        recent_.clear(); // a number that the cursor has passed over
        ++dead_;
    }

    void receive(int milliseconds) {
        pollfd news{journal_->descriptor(), POLLIN, 0};
        ::poll(&news, 1, milliseconds);
        journal_->receive();
    }

    void check() {
        CHECK_EQUAL(backlog_.waiting(), waiting_.size());
        CHECK(backlog_.on_disk() <= waiting_.size());
        const Ledger::Amount front = backlog_.ledger().front();
        CHECK(backlog_.pushable() <= front.tasks);
        CHECK((backlog_.waiting_cost() == 0) == waiting_.empty());
        if (front.tasks > 0) {
            CHECK_EQUAL(backlog_.tasks().front().number, waiting_.front());
        }
        if (waiting_.size() < 500 || below(32) == 0) { // it walks through all of them
            CHECK(backlog_.ledger().is_consistent());
        }
    }

    std::mt19937 random_;
    Directory directory_;
    FakeTimers timers_;
    LogFile file_;
    std::unique_ptr<Journal> journal_ = std::move(Journal::open(std::nullopt, directory_ / "journal")).value();
    Backlog backlog_{timers_,
                     file_.log(),
                     {1000000, 1U << 30U, 1U << 30U, false},
                     *journal_,
                     {[] {}, [](const std::string&) {}, [](const std::string&) {}}};
    bool is_away_ = false;
    std::uint64_t last_ = 0;
    std::deque<std::uint64_t> waiting_; ///< numbers, in the order in which they are to be confirmed
    std::vector<std::uint64_t> pushed_; ///< of those, what is on its way
    std::deque<Task> recent_;           ///< confirmed last
    std::uint64_t dead_ = 0;
    std::size_t most_ = 0;
};

void whatever_happens_the_same_tasks_wait() {
    const char* given = std::getenv("EVENTSGW_SEED"); // NOLINT(concurrency-mt-unsafe): no other thread sets it
    const unsigned seed = given != nullptr ? static_cast<unsigned>(std::atoll(given)) : std::random_device()();
    std::printf("# EVENTSGW_SEED=%u\n", seed);
    Model model(seed);
    for (int i = 0; i < kSteps; ++i) {
        model.step();
    }
    CHECK(model.most() > Backlog::kHandTasks); // else nothing was left to the disk alone
    model.drain();
}

const TestGroup group{
    TEST(whatever_happens_the_same_tasks_wait),
};

} // namespace delivery_backlog_model_test
