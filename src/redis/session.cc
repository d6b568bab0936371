// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "redis/session.h"

#include <algorithm>
#include <utility>

namespace eventsgw {

Session::Session(Options options, Network network, const Log& log, Callbacks callbacks)
    : options_(std::move(options)), network_(std::move(network)), log_(log), callbacks_(std::move(callbacks)),
      backoff_(network_.seed), retry_(network_.timers.make_timer([this] { begin(); })),
      setup_(network_.timers.make_timer([this] { on_setup_timeout(); })),
      health_(network_.timers.make_timer([this] { check_health(); })), problem_{"not yet connected"},
      down_since_(network_.timers.now()) {}

void Session::start() {
    down_since_ = network_.timers.now();
    begin();
}

void Session::stop() {
    drop_link();
    retry_->stop();
    state_ = State::idle;
}

void Session::begin() {
    const Address& address = options_.address;
    if (address.is_unix() || is_numeric_host(address.host)) {
        connect(address);
        return;
    }
    state_ = State::resolving;
    setup_->start(kSetupTimeout);
    network_.resolve(address.host, [this](Addresses addresses) { on_resolved(std::move(addresses)); });
}

void Session::on_resolved(Addresses addresses) {
    const bool is_given_up = state_ == State::waiting;
    if (state_ == State::idle || (is_given_up && !addresses)) {
        return;
    }
    retry_->stop(); // a late answer is as good as any
    setup_->stop();
    if (!addresses) {
        fail(addresses.error());
        return;
    }
    Address numeric = options_.address;
    numeric.host = (*addresses)[attempts_ % addresses->size()];
    connect(numeric);
}

void Session::connect(const Address& address) {
    state_ = State::connecting;
    ++attempts_;
    const std::uint64_t generation = ++generation_;
    Link::Callbacks callbacks;
    callbacks.on_message = [this, generation](const Message& message) {
        if (generation == generation_) {
            callbacks_.on_message(message);
        }
    };
    callbacks.on_subscribed = [this, generation](std::string_view name) {
        if (generation == generation_) {
            callbacks_.on_subscribed(name);
        }
    };
    callbacks.on_oversized = [this, generation] {
        if (generation == generation_) {
            callbacks_.on_oversized();
        }
    };
    callbacks.on_closed = [this, generation](Error reason) {
        if (generation == generation_) {
            fail(std::move(reason));
        }
    };
    link_ = network_.make_link(address, std::move(callbacks));
    went_silent_ = false;
    setup_->start(kSetupTimeout);
    // Nothing else may ride along with AUTH that matters: where the user `default` is open, what follows a refused AUTH
    // is carried out as that user.
    send({"AUTH", options_.user, options_.password}, [this](const Reply& reply) { on_authenticated(reply); });
    send({"CLIENT", "SETNAME", options_.client_name}, [this](const Reply& reply) {
        if (reply.is_error()) {
            log_.debug(options_.server, "no client name", {{"reason", reply.text}});
        }
    });
}

/// A server that does not know AUTH, as where it was renamed, repeats its arguments in quotation marks: the password.
void Session::on_authenticated(const Reply& reply) {
    if (reply.is_error()) {
        fail(make_reply_error(reply.text.substr(0, reply.text.find_first_of("'`\""))));
        return;
    }
    setup_->stop();
    state_ = State::ready;
    progress_seen_ = link_->progress();
    unanswered_since_.reset();
    health_->start(options_.polling_interval);
    callbacks_.on_ready();
}

void Session::on_setup_timeout() {
    const std::string what = state_ == State::resolving ? "the lookup of the name gave no answer" : "no answer";
    fail(Error{what + " within " + format_duration(kSetupTimeout)});
}

/// Each turn asks the server something, unless an answer is still due; a connection on which nothing moves for the
/// whole of kSilenceTimeout after a question is dead, whatever TCP thinks of it.
void Session::check_health() {
    const Clock::time_point now = network_.timers.now();
    const std::uint64_t progress = link_->progress();
    if (progress != std::exchange(progress_seen_, progress)) {
        if (unanswered_since_) {
            backoff_.reset();
            attempts_ = 0;
        }
        unanswered_since_.reset();
    }
    if (!unanswered_since_) {
        unanswered_since_ = now;
        callbacks_.on_probe();
    }
    const Clock::time_point limit = *unanswered_since_ + kSilenceTimeout;
    if (now >= limit) {
        went_silent_ = true;
        fail(Error{"silent for " + format_duration(kSilenceTimeout)});
        return;
    }
    health_->start(std::min<std::chrono::nanoseconds>(options_.polling_interval, limit - now));
}

void Session::send(const std::vector<std::string_view>& command, AnswerCallback on_answer) {
    link_->send(command, [this, generation = generation_, on_answer = std::move(on_answer)](const Reply* reply) {
        if (generation == generation_ && reply != nullptr) {
            on_answer(*reply);
        }
    });
}

void Session::set_polling_interval(std::chrono::nanoseconds interval) {
    options_.polling_interval = interval;
    if (health_->is_pending()) {
        health_->start(interval);
    }
}

void Session::hurry() {
    if (retry_->is_pending()) {
        retry_->start(std::chrono::nanoseconds::zero());
    }
}

void Session::confirm_works() {
    if (std::exchange(works_, true)) {
        return;
    }
    problem_ = {};
    log_.notice(options_.server, "connected",
                {{"address", describe()}, {"after", network_.timers.now() - down_since_}});
}

void Session::fail(Error reason) {
    const bool was_ready = is_ready();
    drop_link();
    note_problem(std::move(reason));
    state_ = State::waiting;
    retry_->start(backoff_.next());
    if (was_ready) {
        callbacks_.on_lost();
    }
}

void Session::drop_link() {
    ++generation_;
    setup_->stop();
    health_->stop();
    if (link_) {
        last_heard_ = link_->last_heard();
        network_.timers.retire(std::move(link_));
    }
}

void Session::note_problem(Error reason) {
    if (std::exchange(works_, false)) {
        down_since_ = network_.timers.now();
    }
    if (reason.message == problem_.message) {
        log_.debug(options_.server, "still not connected", {{"reason", reason.message}});
        return;
    }
    problem_ = std::move(reason);
    log_.warning(options_.server, "not connected, trying again",
                 {{"address", describe()}, {"user", options_.user}, {"reason", problem_.message}});
    callbacks_.on_problem();
}

} // namespace eventsgw
