// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "runs/schedule.h"

#include "testing.h"

#include <algorithm>
#include <array>
#include <deque>
#include <random>
#include <vector>

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace runs_schedule_test {

/// A schedule and its runs, which live as long as the fixture.
struct Fixture {
    Run& make(std::uint64_t number, RunGroup& group, bool is_suspect = false) {
        Run& run = runs.emplace_back();
        run.number = number;
        run.group = &group;
        run.is_suspect = is_suspect;
        return run;
    }
    /// As the RunQueue does it: the run waits, takes its place, and is due.
    void enter(Run& run, const std::string& lane, Clock::duration delay = {}) {
        run.state = Run::State::waiting;
        schedule.add(run, lane);
        schedule.set_due(run, now + delay, now);
    }
    Run& add(std::uint64_t number, RunGroup& group, const std::string& lane = "", bool is_suspect = false) {
        Run& run = make(number, group, is_suspect);
        enter(run, lane);
        return run;
    }
    /// The number of the run that is next and starts now; 0: none.
    std::uint64_t take() {
        Run* const run = schedule.take();
        if (run == nullptr) {
            return 0;
        }
        CHECK(run->state == Run::State::waiting);
        run->state = Run::State::running;
        return run->number;
    }
    void end(Run& run) {
        schedule.remove(run);
        run.state = Run::State::ending;
    }
    void hold(Run& run) {
        schedule.remove(run);
        run.state = Run::State::held;
    }
    void retry(Run& run, Clock::duration delay) {
        run.state = Run::State::waiting;
        run.is_suspect = false;
        schedule.set_due(run, now + delay, now);
    }
    void advance(Clock::duration time) {
        now += time;
        schedule.advance(now);
    }

    Clock::time_point now{1h};
    std::array<RunGroup, 4> groups; // whose addresses, which decide between equals, are in their order
    std::deque<Run> runs;
    Schedule schedule;
};

// Random commands, against what the comment of the class says.

/// The same in the plainest way: a list of all runs that the schedule knows, looked through each time.
class Model {
public:
    struct Entry {
        Run* run;
        std::string lane;
        bool is_taken;
        Clock::time_point due;
    };

    Entry* find(const Run& run) {
        const auto found =
            std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) { return entry.run == &run; });
        return found == entries.end() ? nullptr : &*found;
    }
    void remove(const Run& run) {
        std::erase_if(entries, [&](const Entry& entry) { return entry.run == &run; });
    }

    bool is_due(const Entry& entry) const { return !entry.is_taken && entry.due <= now; }
    /// It is the first of its lane, and no other of the lane runs.
    bool is_next_of_lane(const Entry& entry) const {
        return entry.lane.empty() || std::none_of(entries.begin(), entries.end(), [&](const Entry& other) {
                   return other.lane == entry.lane && (other.is_taken || other.run->number < entry.run->number);
               });
    }
    bool is_ready(const Entry& entry) const { return is_due(entry) && is_next_of_lane(entry); }

    /// The oldest that is ready of a group.
    const Entry* first_of(const RunGroup& group) const {
        const Entry* first = nullptr;
        for (const Entry& entry : entries) {
            const bool is_older = first == nullptr || entry.run->number < first->run->number;
            if (entry.run->group == &group && is_older && is_ready(entry)) {
                first = &entry;
            }
        }
        return first;
    }
    bool is_suspect_at_work() const {
        return std::any_of(entries.begin(), entries.end(),
                           [](const Entry& entry) { return entry.is_taken && entry.run->is_suspect; });
    }
    bool may_start(const Run& run) const { return !run.is_suspect || !is_suspect_at_work(); }

    /// Those of which take() may give any.
    std::vector<Run*> find_next(const std::array<RunGroup, 4>& groups) const {
        std::vector<Run*> next;
        std::uint64_t served_first = 0;
        for (std::size_t i = 0; i < groups.size(); ++i) {
            const Entry* const first = groups[i].is_paused ? nullptr : first_of(groups[i]);
            if (first == nullptr || !may_start(*first->run)) {
                continue;
            }
            if (next.empty() || served[i] < served_first) {
                next.clear();
                served_first = served[i];
            }
            if (served[i] == served_first) {
                next.push_back(first->run);
            }
        }
        return next;
    }
    std::optional<Clock::time_point> next_due() const {
        std::optional<Clock::time_point> next;
        for (const Entry& entry : entries) {
            if (!entry.is_taken && entry.due > now && (!next || entry.due < *next)) {
                next = entry.due;
            }
        }
        return next;
    }

    std::vector<Entry> entries;
    std::array<std::uint64_t, 4> served{};
    std::uint64_t turn = 0;
    Clock::time_point now;
};

/// What one seed leads to.
class Play {
public:
    explicit Play(unsigned seed) : random_(seed) { model_.now = f_.now; }

    void step() {
        switch (pick(13)) {
        case 0:
        case 1:
        case 2: add(); break;
        case 3:
        case 4:
        case 5: take(); break;
        case 6: end(); break;
        case 7: retry(); break;
        case 8: hold(); break;
        case 9: release(); break;
        case 10: pause(); break;
        case 11: set_due(); break;
        case 12: pass_time(); break;
        }
        check();
    }

    std::size_t taken() const { return taken_; }
    std::size_t suspects() const { return suspects_; }

private:
    static constexpr const char* kLanes[] = {"", "", "x", "y", "z"};

    std::size_t pick(std::size_t count) { return random_() % count; }
    Clock::duration pick_delay() { return std::chrono::seconds(pick(2) == 0 ? 0 : pick(20)); }
    /// Picks one of the runs that are taken, or one of those that are not; nullptr if there are none.
    Model::Entry* pick_entry(bool is_taken) {
        std::vector<Model::Entry*> some;
        for (Model::Entry& entry : model_.entries) {
            if (entry.is_taken == is_taken) {
                some.push_back(&entry);
            }
        }
        return some.empty() ? nullptr : some[pick(some.size())];
    }

    void enter(Run& run) {
        const std::string lane = kLanes[pick(5)];
        const Clock::duration delay = pick_delay();
        f_.enter(run, lane, delay);
        model_.entries.push_back({&run, lane, false, f_.now + delay});
    }
    void add() {
        if (model_.entries.size() < 30) {
            enter(f_.make(++number_, f_.groups[pick(4)], pick(6) == 0));
        }
    }
    void take() {
        const std::vector<Run*> allowed = model_.find_next(f_.groups);
        Run* const run = f_.schedule.take();
        if (run == nullptr) {
            CHECK(allowed.empty());
            return;
        }
        CHECK(std::find(allowed.begin(), allowed.end(), run) != allowed.end());
        run->state = Run::State::running;
        model_.find(*run)->is_taken = true;
        model_.served[static_cast<std::size_t>(run->group - f_.groups.data())] = ++model_.turn;
        ++taken_;
        suspects_ += run->is_suspect ? 1 : 0;
    }
    void end() {
        if (Model::Entry* const entry = pick_entry(true)) {
            f_.end(*entry->run);
            model_.remove(*entry->run);
        }
    }
    void retry() {
        if (Model::Entry* const entry = pick_entry(true)) {
            const Clock::duration delay = pick_delay();
            f_.retry(*entry->run, delay);
            entry->is_taken = false;
            entry->due = f_.now + delay;
        }
    }
    /// One that waits, or now and then one that runs, as a handler does that has no steps any more.
    void hold() {
        if (Model::Entry* const entry = pick_entry(pick(4) == 0)) {
            held_.push_back(entry->run);
            f_.hold(*entry->run);
            model_.remove(*entry->run);
        }
    }
    void release() {
        if (!held_.empty()) {
            const std::size_t which = pick(held_.size());
            Run& run = *held_[which];
            held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(which));
            enter(run);
        }
    }
    void pause() {
        RunGroup& group = f_.groups[pick(4)];
        f_.schedule.set_paused(group, !group.is_paused && pick(2) == 0);
    }
    /// Of one that waits: another event has joined it, or the gateway drains.
    void set_due() {
        if (Model::Entry* const entry = pick_entry(false)) {
            entry->due = f_.now + pick_delay();
            f_.schedule.set_due(*entry->run, entry->due, f_.now);
        }
    }
    void pass_time() {
        f_.advance(std::chrono::seconds(pick(5)));
        model_.now = f_.now;
    }

    void check() {
        CHECK(f_.schedule.next_due() == model_.next_due());
        bool has_ready = false;
        for (const RunGroup& group : f_.groups) {
            const bool is_one = model_.first_of(group) != nullptr;
            has_ready = has_ready || (is_one && !group.is_paused);
            CHECK_EQUAL(f_.schedule.is_free(group, ""), !is_one && !group.is_paused);
            const bool is_empty = std::none_of(model_.entries.begin(), model_.entries.end(),
                                               [](const Model::Entry& entry) { return entry.lane == "x"; });
            CHECK_EQUAL(f_.schedule.is_free(group, "x"), !is_one && !group.is_paused && is_empty);
        }
        CHECK_EQUAL(f_.schedule.has_ready(), has_ready);
        check_side_by_side();
    }
    /// Whatever led to it.
    void check_side_by_side() const {
        int suspects = 0;
        std::vector<std::string> lanes;
        for (const Model::Entry& entry : model_.entries) {
            if (entry.is_taken) {
                suspects += entry.run->is_suspect ? 1 : 0;
                CHECK(entry.lane.empty() || std::find(lanes.begin(), lanes.end(), entry.lane) == lanes.end());
                lanes.push_back(entry.lane);
            }
        }
        CHECK(suspects <= 1);
    }

    Fixture f_;
    Model model_;
    std::minstd_rand random_;
    std::vector<Run*> held_;
    std::uint64_t number_ = 0;
    std::size_t taken_ = 0;
    std::size_t suspects_ = 0;
};

void random_commands_lead_to_what_the_model_allows() {
    std::size_t taken = 0;
    std::size_t suspects = 0;
    for (unsigned seed = 1; seed <= 20; ++seed) {
        Play play(seed);
        for (int step = 0; step < 5000; ++step) {
            try {
                play.step();
            } catch (const std::exception& error) {
                report(__FILE__, __LINE__,
                       "seed " + std::to_string(seed) + ", step " + std::to_string(step) + ": " + error.what());
            }
        }
        taken += play.taken();
        suspects += play.suspects();
    }
    CHECK(taken > 5000 && suspects > 500); // else it has tried nothing
}

// Turns.

void a_group_is_delayed_by_one_run_of_another_however_many_wait() {
    Fixture f;
    constexpr std::uint64_t kMany = 20000;
    for (std::uint64_t number = 1; number <= kMany; ++number) {
        f.add(number, f.groups[0]);
    }
    CHECK_EQUAL(f.take(), std::uint64_t{1});
    f.add(kMany + 1, f.groups[1]);
    f.add(kMany + 2, f.groups[1]);
    CHECK_EQUAL(f.take(), kMany + 1);
    CHECK_EQUAL(f.take(), std::uint64_t{2});
    CHECK_EQUAL(f.take(), kMany + 2);
    CHECK_EQUAL(f.take(), std::uint64_t{3});
}

void groups_take_turns() {
    Fixture f;
    for (std::uint64_t number = 1; number <= 6; ++number) {
        f.add(number, f.groups[number % 3]);
    }
    std::vector<RunGroup*> turns;
    for (int i = 0; i < 6; ++i) {
        const std::uint64_t number = f.take();
        turns.push_back(f.runs[number - 1].group);
        f.end(f.runs[number - 1]);
    }
    CHECK(turns[0] != turns[1] && turns[1] != turns[2] && turns[0] != turns[2]);
    CHECK(std::equal(turns.begin(), turns.begin() + 3, turns.begin() + 3));
    CHECK_EQUAL(f.take(), std::uint64_t{0});
}

/// A former process has numbered it, so whatever comes first to the schedule.
void a_resumed_run_comes_before_new_ones_of_its_group() {
    Fixture f;
    f.add(100, f.groups[0]);
    f.add(101, f.groups[0]);
    f.add(7, f.groups[0]);
    CHECK_EQUAL(f.take(), std::uint64_t{7});
    CHECK_EQUAL(f.take(), std::uint64_t{100});
}

void a_paused_group_loses_no_turn() {
    Fixture f;
    f.add(1, f.groups[0]);
    f.add(2, f.groups[1]);
    f.schedule.set_paused(f.groups[0], true);
    CHECK(!f.schedule.is_free(f.groups[0], ""));
    CHECK_EQUAL(f.take(), std::uint64_t{2});
    f.add(3, f.groups[1]);
    f.schedule.set_paused(f.groups[0], false);
    CHECK_EQUAL(f.take(), std::uint64_t{1});
    CHECK_EQUAL(f.take(), std::uint64_t{3});
}

// Lanes.

void a_released_older_run_does_not_run_next_to_a_newer_one() {
    Fixture f;
    Run& old = f.add(1, f.groups[0], "x");
    Run& young = f.add(2, f.groups[0], "x");
    Run& youngest = f.add(3, f.groups[0], "x");
    f.hold(old);
    CHECK_EQUAL(f.take(), std::uint64_t{2});
    f.enter(old, "x");
    CHECK_EQUAL(f.take(), std::uint64_t{0});
    f.end(young);
    CHECK_EQUAL(f.take(), std::uint64_t{1}); // and then it comes first
    CHECK_EQUAL(f.take(), std::uint64_t{0});
    f.end(old);
    CHECK_EQUAL(f.take(), std::uint64_t{3});
    f.end(youngest);
}

void a_released_older_run_comes_before_one_that_was_ready() {
    Fixture f;
    Run& old = f.add(1, f.groups[0], "x");
    f.add(2, f.groups[0], "x");
    f.hold(old);
    CHECK(f.schedule.has_ready());
    f.enter(old, "x", 10s);
    CHECK_EQUAL(f.take(), std::uint64_t{0}); // the first of the lane is not due
    f.advance(10s);
    CHECK_EQUAL(f.take(), std::uint64_t{1});
}

void a_retry_keeps_its_place_in_its_lane() {
    Fixture f;
    Run& first = f.add(1, f.groups[0], "x");
    f.add(2, f.groups[0], "x");
    f.add(3, f.groups[0]);
    CHECK_EQUAL(f.take(), std::uint64_t{1});
    f.retry(first, 10s);
    CHECK_EQUAL(f.take(), std::uint64_t{3});
    CHECK_EQUAL(f.take(), std::uint64_t{0});
    f.advance(9s);
    CHECK_EQUAL(f.take(), std::uint64_t{0});
    f.advance(1s);
    CHECK_EQUAL(f.take(), std::uint64_t{1});
    CHECK_EQUAL(f.take(), std::uint64_t{0});
}

void two_groups_can_share_a_lane() {
    Fixture f;
    Run& first = f.add(1, f.groups[0], "x");
    f.add(2, f.groups[1], "x");
    CHECK_EQUAL(f.take(), std::uint64_t{1});
    CHECK_EQUAL(f.take(), std::uint64_t{0});
    f.end(first);
    CHECK_EQUAL(f.take(), std::uint64_t{2});
}

// Suspects.

void suspects_run_one_at_a_time_and_others_next_to_them() {
    Fixture f;
    Run& first = f.add(1, f.groups[0], "", true);
    Run& second = f.add(2, f.groups[1], "", true);
    f.add(3, f.groups[2]);
    CHECK_EQUAL(f.take(), std::uint64_t{1});
    CHECK_EQUAL(f.take(), std::uint64_t{3});
    CHECK_EQUAL(f.take(), std::uint64_t{0});
    CHECK(f.schedule.has_ready());
    f.add(4, f.groups[2]);
    CHECK_EQUAL(f.take(), std::uint64_t{4});
    CHECK_EQUAL(f.take(), std::uint64_t{0});
    f.retry(first, 10s); // it has not brought the gateway down
    CHECK_EQUAL(f.take(), std::uint64_t{2});
    f.end(second);
    f.advance(10s);
    CHECK_EQUAL(f.take(), std::uint64_t{1});
}

void a_suspect_that_must_wait_keeps_its_group_waiting() {
    Fixture f;
    Run& other = f.add(1, f.groups[1], "", true);
    f.add(2, f.groups[0], "", true);
    f.add(3, f.groups[0]);
    CHECK_EQUAL(f.take(), std::uint64_t{1});
    CHECK_EQUAL(f.take(), std::uint64_t{0});
    f.end(other);
    CHECK_EQUAL(f.take(), std::uint64_t{2});
    CHECK_EQUAL(f.take(), std::uint64_t{3});
}

const TestGroup group{
    TEST(random_commands_lead_to_what_the_model_allows),
    TEST(a_group_is_delayed_by_one_run_of_another_however_many_wait),
    TEST(groups_take_turns),
    TEST(a_resumed_run_comes_before_new_ones_of_its_group),
    TEST(a_paused_group_loses_no_turn),
    TEST(a_released_older_run_does_not_run_next_to_a_newer_one),
    TEST(a_released_older_run_comes_before_one_that_was_ready),
    TEST(a_retry_keeps_its_place_in_its_lane),
    TEST(two_groups_can_share_a_lane),
    TEST(suspects_run_one_at_a_time_and_others_next_to_them),
    TEST(a_suspect_that_must_wait_keeps_its_group_waiting),
};

} // namespace runs_schedule_test
