// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/submit.h"

#include "base/text.h"
#include "base/uuid.h"
#include "cli/input.h"
#include "cli/leader_client.h"
#include "cli/module_environment.h"
#include "cli/options.h"
#include "cli/progress_bar.h"
#include "cli/task_follower.h"
#include "config/action_name.h"
#include "event/shell.h"
#include "event/task.h"

#include <algorithm>
#include <cerrno>

namespace eventsgw {
namespace {

using namespace std::chrono_literals;

/// How often the leader is asked whether the task has ended: in general, and once the agent has said so.
constexpr auto kUsualPause = 1s;
constexpr auto kShortPause = 50ms;

/// From the agent's last word to its result, at most.
constexpr auto kResultTimeout = 10s;

/// After so long without a word of the agent it is time to say what becomes of the task.
constexpr auto kSilence = 3s;

Result<std::string> read_data(const std::optional<std::string>& data) {
    if (data) {
        return read_input(*data);
    }
    if (is_typed()) {
        return std::string("{}");
    }
    Result<std::string> content = read_standard_input();
    return content && content->empty() ? std::string("{}") : content;
}

std::string make_submitted_task(const SubmitOptions& options, const std::string& data, const std::string& id) {
    const PayloadForm form = classify_payload(data);
    if (options.channel) {
        const std::string_view replay_of =
            options.is_replay ? "unknown" : ""; // a task says no more than that it is one
        return make_task(Event{*options.channel, data, {}, replay_of}, form, options.action, id);
    }
    return make_task_without_event(data, form, options.action, id);
}

/// A refusal that waiting does not change: the queue is no list, or the task is too long.
bool is_for_good(const Error& error) {
    return error.fault == Fault::wrong_type || error.fault == Fault::too_large;
}

/// What was sent and not answered is never sent again: the agent would have the task twice.
Result<void> push(LeaderClient& leader, const std::string& key, const std::string& task,
                  std::chrono::nanoseconds patience) {
    const Clock::time_point deadline = Clock::now() + patience;
    for (;;) {
        if (Result<void> connected = leader.connect(deadline - Clock::now()); !connected) {
            return connected;
        }
        const Result<Reply> reply = leader.ask({"LPUSH", key, task});
        if (reply) {
            return {};
        }
        if (leader.is_unanswered() || is_for_good(reply.error()) || Clock::now() >= deadline) {
            return reply.error();
        }
        leader.reconnect(reply.error());
    }
}

int complain_of_pushing(const LeaderClient& leader, const std::string& agent, const std::string& id, const Error& error,
                        std::ostream& err) {
    if (!leader.is_unanswered()) {
        return complain_of_leader("submit", error, err);
    }
    err << "eventsgw: " << error.message << "\nThere was no answer to the task " << id
        << ": it may be in the queue, or not. Where it is not, submit it again. Look for it with\n  redis-cli --raw "
           "LRANGE "
        << show_for_shell(agent + "/tasks") << " 0 -1\n";
    return kExitUnavailable;
}

/// Follows one task from its pushing to its end.
class Waiter {
public:
    /// `agent` has the queue in which `task` is, with that id.
    Waiter(LeaderClient& leader, TaskFollower& follower, const std::string& agent, const std::string& id,
           std::string task, bool is_terminal, std::ostream& out, std::ostream& err)
        : leader_(leader), follower_(follower), queue_(agent + "/tasks"), task_(std::move(task)),
          key_("task/" + agent + "/" + id), out_(out), err_(err), bar_(err, is_terminal) {}

    /// The exit status.
    int wait() {
        bar_.show({});
        for (;;) {
            const Result<Reply> code = leader_.ask({"GET", key_ + "/exit_code"});
            if (code && code->kind == Reply::Kind::text) {
                return finish(code->text);
            }
            if (!code && is_refusal(code.error().fault)) {
                bar_.wipe();
                return complain_of_leader("submit", code.error(), err_);
            }
            note_leader(code);
            const TaskProgress& progress = follower_.wait(ended_at_ ? kShortPause : kUsualPause);
            bar_.show(progress);
            if (progress.is_over() && !ended_at_) {
                ended_at_ = Clock::now();
            }
            if (ended_at_ && Clock::now() >= *ended_at_ + kResultTimeout) {
                bar_.wipe();
                err_ << "eventsgw: the task is " << escape(progress.status) << ", but the agent leaves no exit code\n";
                return kExitUnavailable;
            }
            wonder(progress);
        }
    }

private:
    /// Says once that the leader is away, each time that it goes.
    void note_leader(const Result<Reply>& answer) {
        if (!answer && !is_leader_away_) {
            bar_.wipe();
            err_ << "eventsgw: " << answer.error().message << "; still waiting\n";
        }
        is_leader_away_ = !answer;
    }

    void wonder(const TaskProgress& progress) {
        if (is_told_ || !progress.status.empty() || Clock::now() < begun_ + kSilence) {
            return;
        }
        is_told_ = true;
        const std::string state = describe_silence();
        bar_.wipe();
        err_ << "eventsgw: " << state << "\n" << std::flush;
    }

    std::string describe_silence() {
        constexpr const char* kAdvice = "; does the agent run? Ctrl-C leaves it there";
        const std::string place = "the task still waits in " + escape(queue_);
        const Result<Reply> index = leader_.ask({"LPOS", queue_, task_});
        const Result<Reply> length = leader_.ask({"LLEN", queue_});
        if (!index || !length) {
            return place + kAdvice; // most likely
        }
        if (index->kind == Reply::Kind::nil) {
            return "the agent has taken the task and says nothing of it yet; Ctrl-C does not end it";
        }
        const std::int64_t before = length->integer - 1 - index->integer; // the agent takes the last one
        return place + (before > 0 ? ", behind " + format_count(static_cast<std::uint64_t>(before), "other") : "") +
               kAdvice;
    }

    int finish(const std::string& code) {
        bar_.wipe();
        print("/output", out_);
        print("/error", err_);
        const Result<std::uint64_t> number = parse_count(code);
        if (!number) {
            err_ << "eventsgw: the agent has left no number as the exit code, but " << quote(code) << "\n";
        }
        return number ? static_cast<int>(std::min<std::uint64_t>(*number, 255)) : kExitUnavailable;
    }

    void print(const char* part, std::ostream& to) {
        const Result<Reply> reply = leader_.ask({"GET", key_ + part});
        if (!reply) {
            err_ << "eventsgw: " << key_ << part << ": " << reply.error().message << "\n";
        } else if (!reply->text.empty()) {
            to << reply->text << (reply->text.back() == '\n' ? "" : "\n") << std::flush;
        }
    }

    LeaderClient& leader_;
    TaskFollower& follower_;
    std::string queue_;
    std::string task_; ///< as it was pushed
    std::string key_;  ///< what the keys of the task begin with
    std::ostream& out_;
    std::ostream& err_;
    ProgressBar bar_;
    Clock::time_point begun_ = Clock::now();
    std::optional<Clock::time_point> ended_at_; ///< since the agent has said so
    bool is_told_ = false;
    bool is_leader_away_ = false;
};

int send(const SubmitOptions& options, const Connections& connections, const std::string& data, std::ostream& out,
         std::ostream& err) {
    Loop loop;
    LeaderClient leader(loop, connections, "submit");
    const std::string id = UuidSource().make();
    std::optional<TaskFollower> follower;
    if (options.wait) {
        follower.emplace(loop, connections, id);
        if (const Result<void> listening = follower->listen(); !listening) {
            err << "eventsgw: not submitted: " << listening.error().message
                << "\nIs REDIS_REPLICA_ADDRESS right? Without --wait only the leader is needed.\n";
            return is_refusal(listening.error().fault) ? kExitNoPermission : kExitUnavailable;
        }
    }
    const std::string& agent = connections.agent_id;
    std::string task = make_submitted_task(options, data, id);
    const Result<void> pushed = push(leader, agent + "/tasks", task, options.retry);
    if (!pushed) {
        return complain_of_pushing(leader, agent, id, pushed.error(), err);
    }
    if (!follower) {
        out << id << "\n";
        return kExitSuccess;
    }
    err << "task " << id << "\n";
    return Waiter(leader, *follower, agent, id, std::move(task), options.is_terminal, out, err).wait();
}

} // namespace

int submit(const SubmitOptions& options, std::ostream& out, std::ostream& err) {
    if (options.action.empty()) {
        err << "eventsgw: the name of the action is empty\n";
        return kExitUsage;
    }
    const Result<Connections> connections = find_connections(options.agent_id);
    if (!connections || !connections->password) {
        err << "eventsgw: " << (connections ? "REDIS_PASSWORD is not set" : connections.error().message) << "\n"
            << advise_on_environment("submit");
        return kExitConfig;
    }
    if (const std::string fault = find_action_fault(options.action); !fault.empty()) {
        err << "eventsgw: warning: " << fault << "\n" << std::flush;
    }
    const Result<std::string> data = read_data(options.data);
    if (!data) {
        err << "eventsgw: " << data.error().message << "\n";
        return kExitNoInput;
    }
    return send(options, *connections, *data, out, err);
}

} // namespace eventsgw
