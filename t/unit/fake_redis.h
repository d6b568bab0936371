// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "fake_timers.h"
#include "log_file.h"
#include "redis/link.h"
#include "redis/session.h"
#include "testing.h"

#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace eventsgw::testing {

inline Reply make_text_reply(std::string text) {
    Reply reply;
    reply.kind = Reply::Kind::text;
    reply.text = std::move(text);
    return reply;
}

inline Reply make_error_reply(std::string text) {
    Reply reply = make_text_reply(std::move(text));
    reply.kind = Reply::Kind::error;
    return reply;
}

inline Reply make_integer_reply(std::int64_t number) {
    Reply reply;
    reply.kind = Reply::Kind::integer;
    reply.integer = number;
    return reply;
}

/// A Redis server played by the test: it sees every connection and command, and answers when the test says so.
class FakeRedis {
public:
    /// One connection, as the server sees it.
    struct Connection {
        Address address;
        Link::Callbacks callbacks;
        std::deque<std::pair<std::string, Link::ReplyCallback>>
            unanswered;                      ///< command in one line, words with blanks between
        std::vector<std::string> subscribed; ///< verbs and names, in one line a call
        std::uint64_t reads = 0;
        Clock::time_point last_heard;
        bool is_open = true;
    };

    explicit FakeRedis(FakeTimers& timers) : timers_(timers) {}
    FakeRedis(const FakeRedis&) = delete;
    FakeRedis& operator=(const FakeRedis&) = delete;
    ~FakeRedis() { timers_.bury(); } // links that have retired still point here

    Network network() {
        return Network{timers_,
                       [this](const Address& address, Link::Callbacks callbacks) -> std::unique_ptr<Link> {
                           connections.push_back(std::make_unique<Connection>());
                           connections.back()->address = address;
                           connections.back()->last_heard = timers_.now();
                           connections.back()->callbacks = std::move(callbacks);
                           return std::make_unique<FakeLink>(*connections.back());
                       },
                       [this](const std::string& host, const ResolveCallback& on_resolved) {
                           looked_up.push_back(host);
                           pending_lookup = on_resolved;
                           if (answers_lookups) {
                               on_resolved(names);
                           }
                       },
                       1};
    }

    Connection& last() {
        CHECK(!connections.empty());
        return *connections.back();
    }

    /// Answers the oldest command of the last connection, which must begin with `command`.
    void answer(const std::string& command, const Reply& reply) {
        Connection& connection = last();
        CHECK(!connection.unanswered.empty());
        const auto [words, callback] = std::move(connection.unanswered.front());
        connection.unanswered.pop_front();
        CHECK_EQUAL(words.substr(0, command.size()), command);
        hear(connection);
        callback(&reply);
        timers_.turn();
    }

    /// Something comes from the server on this connection.
    void hear(Connection& connection) {
        ++connection.reads;
        connection.last_heard = timers_.now();
    }

    /// AUTH and CLIENT SETNAME of the last connection, both granted.
    void accept_login() {
        answer("AUTH", make_text_reply("OK"));
        answer("CLIENT SETNAME", make_text_reply("OK"));
    }

    void confirm_subscription(const std::string& name) {
        hear(last());
        last().callbacks.on_subscribed(name);
        timers_.turn();
    }

    /// Ends the last connection; what has not been answered never will be.
    void cut(const std::string& reason) {
        Connection& connection = last();
        for (auto& [words, callback] : std::exchange(connection.unanswered, {})) {
            callback(nullptr);
        }
        connection.callbacks.on_closed(make_reply_error(reason));
        timers_.turn();
    }

    /// The commands of the last connection that wait for an answer.
    std::vector<std::string> unanswered() {
        std::vector<std::string> commands;
        for (const auto& [words, callback] : last().unanswered) {
            commands.push_back(words);
        }
        return commands;
    }

    std::vector<std::unique_ptr<Connection>> connections;
    std::vector<std::string> looked_up;
    bool answers_lookups = true;
    ResolveCallback pending_lookup; ///< of the last lookup
    Addresses names = std::vector<std::string>{"192.0.2.1", "192.0.2.2"};

private:
    class FakeLink : public Link {
    public:
        explicit FakeLink(Connection& connection) : connection_(connection) {}
        ~FakeLink() override { connection_.is_open = false; }

        void send(const std::vector<std::string_view>& command, ReplyCallback on_reply) override {
            connection_.unanswered.emplace_back(join(command), std::move(on_reply));
        }
        void subscribe(const std::vector<std::string>& channels) override { note("SUBSCRIBE", channels); }
        void psubscribe(const std::vector<std::string>& patterns) override { note("PSUBSCRIBE", patterns); }
        std::uint64_t progress() override { return connection_.reads; }
        Clock::time_point last_heard() const override { return connection_.last_heard; }

    private:
        template <typename Words> static std::string join(const Words& words) {
            std::string line;
            for (const auto& word : words) {
                line.append(line.empty() ? "" : " ").append(word);
            }
            return line;
        }
        void note(const std::string& verb, const std::vector<std::string>& names) {
            connection_.subscribed.push_back(verb + " " + join(names));
        }

        Connection& connection_;
    };

    FakeTimers& timers_;
};

} // namespace eventsgw::testing
