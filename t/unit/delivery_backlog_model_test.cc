// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "delivery/backlog.h"

#include "directory.h"
#include "failing_disk.h"
#include "fake_timers.h"
#include "log_file.h"
#include "testing.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <map>
#include <numeric>
#include <optional>
#include <random>
#include <set>

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

/// What the model has to have come by, so that the test means something.
struct Reached {
    std::size_t waiting = 0; ///< at most
    std::size_t refused = 0;
    std::size_t retried = 0;
    std::size_t losses = 0; ///< of the journal
    std::size_t problems = 0;
    std::size_t runs = 0;
};

/// Does at random to a backlog on a real journal what a leader, events, administrators and a disk do, and knows what
/// has to come of it: which tasks wait, in which order, which are dead, and what they cost.
class Model {
public:
    Model(unsigned seed, Backlog::Options options, Reached& reached)
        : random_(seed), options_(options), reached_(reached) {
        start();
    }
    ~Model() { FailingDisk::code = SQLITE_OK; }
    Model(const Model&) = delete;
    Model& operator=(const Model&) = delete;

    void step() {
        const bool is_outage = steps_++ % 8000 < 1500; // long enough to leave most to the disk alone
        const int choice = below(1000);
        if (choice < 400) {
            add(below(200) == 0 ? 3000 : below(30));
        } else if (choice < 600) {
            push();
        } else if (choice < 800) {
            confirm(below(static_cast<int>(pushed_.size()) + 1));
        } else if (choice < 820) {
            forget();
        } else if (choice < 840) {
            bury();
        } else if (choice < 860) {
            set_away(is_outage || below(3) == 0);
        } else if (choice < 960) {
            timers_.advance(std::chrono::milliseconds(below(150)));
        } else if (choice < 990) {
            receive(1);
        } else if (choice < 994) {
            ask_retry();
        } else if (choice < 998) {
            mend_or_break_disk();
        } else if (choice < 999) {
            end();
            start();
        } else if (below(2) == 0) {
            take_journal_away();
        }
        receive(0);
        check();
        check_ledger();
    }

    /// Until nothing waits, and what is on disk tells the same.
    void drain() {
        FailingDisk::code = SQLITE_OK;
        set_away(false);
        wait([this] {
            push();
            confirm(static_cast<int>(pushed_.size()));
            timers_.advance(10ms);
            return waiting_.empty() && asked_.empty();
        });
        end();
        CHECK_EQUAL(waiting_.size(), std::size_t{0});
    }

private:
    struct Number {
        std::uint64_t number;
        std::size_t cost;
    };

    int below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }

    /// A run of the program.
    void start() {
        ++reached_.runs;
        journal_ = std::move(Journal::open(std::nullopt, log_.log(), "module/mail1", directory_ / "journal")).value();
        CHECK_EQUAL(journal_->problem(), std::string());
        last_ = journal_->claim().floor;
        is_failing_ = false;
        backlog_.emplace(timers_, log_.log(), options_, *journal_,
                         Backlog::Callbacks{[] {},
                                            [this](const std::string& problem) {
                                                is_failing_ = !problem.empty();
                                                reached_.problems += is_failing_ ? 1 : 0;
                                            },
                                            [this](const std::string& /*instance*/) { on_lost(); }});
        check();
        // What was on its way when the former run ended is confirmed by the cursor, or it is not.
        if (!pushed_.empty() && below(2) == 0) {
            backlog_->confirm_through(pushed_.back(), [](const Task& /*task*/) { CHECK(false); });
            while (!waiting_.empty() && waiting_.front().number <= pushed_.back()) {
                take_first();
            }
        }
        set_away(false);
        wait([&] { return backlog_->waiting() == waiting_.size(); });
    }

    /// All that waits is in the file then, and the dead.
    void end() {
        FailingDisk::code = SQLITE_OK;
        CHECK_EQUAL(backlog_->finish(), std::size_t{0});
        take_news();
        check();
        backlog_.reset();
        journal_.reset();
        is_taken_ = false;
        recent_.clear();
        Result<JournalFile> file = JournalFile::open(directory_ / "journal", Database::Mode::read);
        if (!file) {
            CHECK(waiting_.empty() && dead_.empty() && file.error().fault == Fault::absent);
            return;
        }
        const std::vector<Task> tasks = file->load(file->confirmed().value(), JournalFile::kAllRows, 1U << 30U).value();
        CHECK(std::equal(tasks.begin(), tasks.end(), waiting_.begin(), waiting_.end(),
                         [](const Task& task, const Number& one) { return task.number == one.number; }));
        const std::vector<JournalFile::Dead> dead = file->load_dead().value();
        CHECK(std::equal(dead.begin(), dead.end(), dead_.begin(), dead_.end(),
                         [](const JournalFile::Dead& one, const auto& known) {
                             return one.task.number == known.first && one.task.cost() == known.second;
                         }));
        CHECK_EQUAL(file->measure()->bytes, waiting_cost_);
    }

    /// Up to three tasks of one event.
    void add(int count) {
        while (count > 0) {
            const auto event = std::make_shared<KeptEvent>("a/event/b", std::string(below(40), ' ') + "{}");
            for (int rules = 1 + below(3); rules > 0; --rules, --count) {
                add_one(event);
            }
        }
        reached_.waiting = std::max(reached_.waiting, waiting_.size());
    }

    void add_one(const std::shared_ptr<KeptEvent>& event) {
        const Ledger::Amount unstored = backlog_->ledger().unstored();
        const bool is_full = unstored.tasks >= options_.tasks || unstored.cost >= options_.bytes;
        const std::size_t tasks = backlog_->waiting_cost() + dead_cost();
        const JournalNews::Log& log = journal_->log();
        const std::size_t overhead = log.bytes - std::min({log.bytes, log.cost, tasks});
        const bool is_disk_full = tasks + overhead >= options_.journal_bytes;
        if (backlog_->add(event, "act", Uuid{}) == Outcome::Reason::none) {
            CHECK(!is_full);
            wait_last(Task{0, {}, event, "act", {}}.cost());
        } else {
            CHECK(is_full || is_disk_full);
            ++reached_.refused;
        }
    }

    /// A batch of what may be pushed goes to the leader, if none is on its way.
    void push() {
        const std::size_t pushable = backlog_->pushable();
        if (is_away_ || !pushed_.empty() || pushable == 0) {
            return;
        }
        for (int count = 1 + below(static_cast<int>(pushable)); count > 0; --count) {
            pushed_.push_back(backlog_->tasks()[pushed_.size()].number);
            if (retried_.erase(pushed_.back()) > 0) {
                check_on_disk(pushed_.back());
            }
        }
        if (options_.stores_always && !is_failing_ && pushed_.back() > confirmed_ && below(20) == 0) {
            check_on_disk(pushed_.back());
        }
        backlog_->note_pushing(pushed_.back());
    }

    void check_on_disk(std::uint64_t number) {
        if (!is_taken_) {
            Result<JournalFile> file = JournalFile::open(directory_ / "journal", Database::Mode::read);
            CHECK(file.ok() && !file->load(number - 1, number, 1).value().empty());
        }
    }

    void confirm(int count) {
        if (count == 0) {
            return;
        }
        const std::uint64_t through = pushed_[static_cast<std::size_t>(count) - 1];
        confirmed_ = std::max(confirmed_, through);
        backlog_->confirm_through(through, [&](Task task) {
            CHECK_EQUAL(task.number, take_first().number);
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
            waiting_.push_front({tasks.front().number, tasks.front().cost()});
            waiting_cost_ += tasks.front().cost();
            recent_.pop_back();
        }
        backlog_->take_back(std::move(tasks));
    }

    void bury() {
        if (is_away_ || !pushed_.empty() || backlog_->pushable() == 0) {
            return;
        }
        backlog_->bury(1, "WRONGTYPE");
        const Number buried = take_first();
        dead_.emplace(buried.number, buried.cost);
    }

    void set_away(bool is_away) {
        is_away_ = is_away;
        backlog_->set_away(is_away, "Connection refused");
        pushed_.clear(); // what was on its way is pushed again, or confirmed by the cursor
    }

    /// An administrator asks for some of the dead, all in one commit.
    void ask_retry() {
        const bool is_on_disk = backlog_->ledger().burials() == 0 && FailingDisk::code == SQLITE_OK && !is_taken_;
        if (dead_.empty() || !asked_.empty() || !is_on_disk) {
            return;
        }
        Result<JournalFile> file = JournalFile::open(directory_ / "journal", Database::Mode::write);
        CHECK(file.ok() && file->begin().ok());
        for (const auto& [number, cost] : dead_) {
            if (below(2) == 0) {
                CHECK(file->ask_retry(number).ok());
                asked_.push_back(number);
            }
        }
        CHECK(file->commit().ok());
    }

    void mend_or_break_disk() {
        constexpr std::array<int, 4> kCodes{SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC, SQLITE_FULL, SQLITE_READONLY};
        FailingDisk::code = FailingDisk::code == SQLITE_OK ? kCodes.at(static_cast<std::size_t>(below(4))) : SQLITE_OK;
    }

    /// The file, or one of SQLite's beside it, is removed, or something else put in its place.
    void take_journal_away() {
        constexpr std::array<const char*, 3> kNames{"journal", "journal-wal", "journal-shm"};
        if (backlog_->on_disk() <= backlog_->ledger().unstored().tasks || is_taken_) {
            return; // it may not have been made yet
        }
        const std::string name = kNames.at(static_cast<std::size_t>(below(3)));
        is_taken_ = std::filesystem::remove(directory_ / name);
        if (is_taken_ && below(2) == 0) {
            directory_.write(name, std::string(5000, 'g'));
        }
    }

    /// What was in the file alone is lost, and that is one piece.
    void on_lost() {
        note_retried();
        std::deque<Number> kept;
        waiting_cost_ = 0;
        std::size_t pieces = 0;
        auto next = backlog_->tasks().begin();
        bool was_kept = true;
        for (const Number& one : waiting_) {
            const bool is_kept = next != backlog_->tasks().end() && next->number == one.number;
            pieces += was_kept && !is_kept ? 1 : 0;
            was_kept = is_kept;
            if (is_kept) {
                kept.push_back(one);
                waiting_cost_ += one.cost;
                ++next;
            }
        }
        CHECK(next == backlog_->tasks().end());
        CHECK(pieces <= 1);
        CHECK(is_taken_);
        waiting_ = std::move(kept);
        dead_.clear();
        asked_.clear();
        retried_.clear();
        is_taken_ = false;
        ++reached_.losses;
    }

    /// The dead that were asked for wait, as the newest.
    void note_retried() {
        while (last_ < backlog_->ledger().last()) {
            CHECK(!asked_.empty());
            const auto dead = dead_.find(asked_.front());
            asked_.pop_front();
            wait_last(dead->second);
            retried_.insert(last_);
            dead_.erase(dead);
            ++reached_.retried;
        }
    }

    void receive(int milliseconds) {
        pollfd news{journal_->descriptor(), POLLIN, 0};
        ::poll(&news, 1, milliseconds);
        take_news();
    }

    void take_news() {
        journal_->receive();
        note_retried();
    }

    template <typename Condition> void wait(const Condition& condition) {
        for (int i = 0; i < 20000 && !condition(); ++i) {
            receive(1);
        }
        CHECK(condition());
        check();
    }

    void wait_last(std::size_t cost) {
        waiting_.push_back({++last_, cost});
        waiting_cost_ += cost;
    }
    Number take_first() {
        const Number first = waiting_.front();
        waiting_.pop_front();
        waiting_cost_ -= first.cost;
        return first;
    }

    std::size_t dead_cost() const {
        return std::accumulate(dead_.begin(), dead_.end(), std::size_t{0},
                               [](std::size_t sum, const auto& one) { return sum + one.second; });
    }

    void check() {
        CHECK_EQUAL(backlog_->waiting(), waiting_.size());
        CHECK_EQUAL(backlog_->waiting_cost(), waiting_cost_);
        CHECK(backlog_->on_disk() <= waiting_.size());
        CHECK_EQUAL(backlog_->dead(), dead_.size());
        CHECK_EQUAL(backlog_->ledger().dead().cost, dead_cost());
        CHECK(backlog_->pushable() <= backlog_->ledger().front().tasks);
        if (backlog_->ledger().front().tasks > 0) {
            CHECK_EQUAL(backlog_->tasks().front().number, waiting_.front().number);
        }
    }

    /// To walk through it takes long when much waits.
    void check_ledger() {
        if (waiting_.size() < 500 || below(32) == 0) {
            CHECK(backlog_->ledger().is_consistent());
        }
    }

    std::mt19937 random_;
    Backlog::Options options_;
    Reached& reached_;
    Directory directory_;
    FakeTimers timers_;
    LogFile log_;
    std::unique_ptr<Journal> journal_;
    std::optional<Backlog> backlog_;
    int steps_ = 0;
    bool is_away_ = false;
    std::uint64_t last_ = 0;
    std::deque<Number> waiting_; ///< in the order in which they are to be confirmed
    std::size_t waiting_cost_ = 0;
    std::vector<std::uint64_t> pushed_;         ///< of those, what is on its way
    std::deque<Task> recent_;                   ///< confirmed last
    std::map<std::uint64_t, std::size_t> dead_; ///< with their cost
    std::deque<std::uint64_t> asked_;           ///< of those, what is to be pushed again
    std::set<std::uint64_t> retried_;           ///< numbers of what was dead, on disk before they are pushed
    std::uint64_t confirmed_ = 0;               ///< the greatest number
    bool is_failing_ = false;                   ///< the disk, as the backlog knows
    bool is_taken_ = false;                     ///< the journal, and the backlog does not know it yet
};

void whatever_happens_the_same_tasks_wait() {
    constexpr std::array<Backlog::Options, 4> kOptions{{{1000000, 1U << 30U, 1U << 30U, false},
                                                        {1000000, 1U << 30U, 1U << 30U, true},
                                                        {3000, 650000, 4U << 20U, false},
                                                        {3000, 650000, 4U << 20U, true}}};
    const char* given = std::getenv("EVENTSGW_SEED"); // NOLINT(concurrency-mt-unsafe): no other thread sets it
    const unsigned seed = given != nullptr ? static_cast<unsigned>(std::atoll(given)) : std::random_device()();
    std::printf("# EVENTSGW_SEED=%u\n", seed);
    const FailingDisk disk;
    Reached reached;
    for (std::size_t i = 0; i < kOptions.size(); ++i) {
        Model model(seed + static_cast<unsigned>(i), kOptions.at(i), reached);
        for (std::size_t step = 0; step < kSteps / kOptions.size(); ++step) {
            model.step();
        }
        model.drain();
    }
    std::printf("# %zu waited, %zu refused, %zu retried, %zu losses, %zu problems, %zu runs\n", reached.waiting,
                reached.refused, reached.retried, reached.losses, reached.problems, reached.runs);
    CHECK(reached.waiting > Backlog::kHandTasks); // else nothing was left to the disk alone
    CHECK(reached.refused > 0 && reached.retried > 0 && reached.problems > 0);
    CHECK(reached.losses > 0 || kSteps < 100000); // the fewer steps have some nearly always
}

const TestGroup group{
    TEST(whatever_happens_the_same_tasks_wait),
};

} // namespace delivery_backlog_model_test
