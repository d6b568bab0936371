// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "loop/http_server.h"

#include "base/unix_address.h"
#include "loop/loop.h"

#include "directory.h"
#include "fake_timers.h"
#include "testing.h"

#include <array>
#include <csignal>
#include <filesystem>
#include <vector>

#include <sys/socket.h>
#include <unistd.h>

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace loop_http_server_test {

/// A server on a unix socket whose time a test winds, and clients that do not wait.
class Fixture {
public:
    Fixture() : server_(loop_, timers_, [this](const HttpRequest& request) { return answer(request); }) {
        CHECK(server_.listen({{}, 0, path_}));
    }

    UniqueFd connect() {
        UniqueFd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        const UnixAddress address(path_);
        CHECK(::connect(client.get(), address.get(), address.size()) == 0);
        turn();
        return client;
    }

    void send(const UniqueFd& client, std::string_view text) {
        CHECK(::send(client.get(), text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
        turn();
    }

    /// And nothing more will be read either.
    void send_last(const UniqueFd& client, std::string_view text) {
        CHECK(::send(client.get(), text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
        CHECK(::shutdown(client.get(), SHUT_RDWR) == 0);
        turn();
    }

    void pass(std::chrono::nanoseconds time) {
        timers_.advance(time);
        turn();
    }

    /// Lets the server do all that it can do now.
    void turn() {
        const auto end = loop_.make_timer([this] { loop_.stop(); });
        for (int i = 0; i < 16; ++i) {
            end->start(0ns);
            loop_.run();
        }
        timers_.turn();
    }

    /// What has come; with "(end)" where the server has ended the connection.
    static std::string read(const UniqueFd& client) {
        std::string text;
        std::array<char, 65536> chunk{};
        for (;;) {
            const ssize_t got = ::recv(client.get(), chunk.data(), chunk.size(), 0);
            if (got <= 0) {
                return text + (got == 0 || errno == ECONNRESET ? "(end)" : "");
            }
            text.append(chunk.data(), static_cast<std::size_t>(got));
        }
    }

    std::string asked;
    std::size_t body_bytes = 2;

private:
    HttpResponse answer(const HttpRequest& request) {
        asked += request.method + " " + request.path + (request.query.empty() ? "" : " with " + request.query) +
                 (request.is_abandoned ? ", abandoned" : "") + "\n";
        return {.body = std::string(body_bytes, 'x')};
    }

    Directory directory_;
    std::string path_ = directory_ / "socket";
    Loop loop_;
    FakeTimers timers_;
    HttpServer server_;
};

std::size_t count_descriptors() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        ++count;
    }
    return count;
}

void a_request_is_answered() {
    Fixture server;
    for (const char* request : {"GET /a?b HTTP/1.1\r\nHost: x\r\n\r\n", "POST /a HTTP/1.0\r\n\r\n",
                                "GET http://localhost:1/a HTTP/1.1\r\n\r\nGET /second HTTP/1.1\r\n\r\n"}) {
        const UniqueFd client = server.connect();
        server.send(client, request);
        const std::string answer = Fixture::read(client);
        CHECK_EQUAL(answer.substr(8, 7), " 200 OK");
        CHECK(answer.find("\r\nContent-Length: 2\r\n") != std::string::npos);
        CHECK(answer.ends_with("\r\n\r\nxx(end)"));
    }
    CHECK_EQUAL(server.asked, "GET /a with b\nPOST /a\nGET /a\n");
}

void what_is_no_request_is_refused() {
    Fixture server;
    for (const std::string& request :
         {"\r\n\r\n"s, "garbage\r\n\r\n"s, "DELETE /a HTTP/1.1\r\n\r\n"s, "GET /" + std::string(9000, 'a'),
          "GET /" + std::string(9000, 'a') + " HTTP/1.1\r\n\r\n"}) {
        const UniqueFd client = server.connect();
        server.send(client, request);
        server.pass(HttpClients::kTime);
        const std::string answer = Fixture::read(client);
        CHECK(answer == "(end)" || answer.substr(8, 2) == " 4" || answer.substr(8, 2) == " 5");
    }
    CHECK_EQUAL(server.asked, "");
}

void whoever_has_hung_up_is_told_of() {
    Fixture server;
    const UniqueFd client = server.connect();
    server.send_last(client, "POST /a HTTP/1.1\r\n\r\n");
    CHECK_EQUAL(server.asked, "POST /a, abandoned\n");
}

void whoever_trickles_is_cut() {
    Fixture server;
    const UniqueFd client = server.connect();
    for (std::chrono::seconds time = 0s; time < HttpClients::kTime; time += 1s) {
        server.send(client, "G");
        CHECK_EQUAL(Fixture::read(client), "");
        server.pass(1s);
    }
    CHECK_EQUAL(Fixture::read(client), "(end)");
}

void whoever_does_not_take_the_answer_is_cut() {
    Fixture server;
    server.body_bytes = 10 << 20;
    const UniqueFd client = server.connect();
    server.pass(4s);
    server.send(client, "GET / HTTP/1.1\r\n\r\n");
    server.pass(HttpClients::kTime - 4s);
    const std::string rest = Fixture::read(client);
    CHECK(rest.size() < server.body_bytes && rest.ends_with("(end)"));
}

void a_slow_reader_gets_all() {
    Fixture server;
    server.body_bytes = 3 << 20;
    const UniqueFd client = server.connect();
    server.send(client, "GET / HTTP/1.1\r\n\r\n");
    std::string text;
    while (!text.ends_with("(end)")) {
        text += Fixture::read(client);
        server.turn();
    }
    CHECK(text.size() > server.body_bytes);
}

void the_oldest_goes_for_a_new_one() {
    Fixture server;
    const std::size_t before = count_descriptors();
    std::vector<UniqueFd> clients;
    for (std::size_t i = 0; i < HttpClients::kMax + 9; ++i) {
        clients.push_back(server.connect());
    }
    std::size_t ended = 0;
    for (const UniqueFd& client : clients) {
        ended += Fixture::read(client) == "(end)" ? 1 : 0;
    }
    CHECK_EQUAL(ended, 9U);
    CHECK_EQUAL(Fixture::read(clients[8]), "(end)");
    server.send(clients[9], "GET /late HTTP/1.1\r\n\r\n");
    CHECK(server.asked.ends_with("GET /late\n"));
    clients.clear();
    server.turn();
    server.pass(HttpClients::kTime); // descriptors stay as long as those who had them are counted
    CHECK_EQUAL(count_descriptors(), before);
}

void one_that_is_answered_leaves_no_descriptor() {
    Fixture server;
    const std::size_t before = count_descriptors();
    {
        const UniqueFd client = server.connect();
        server.send(client, "GET / HTTP/1.1\r\n\r\n");
        CHECK(Fixture::read(client).ends_with("xx(end)"));
    }
    server.turn();
    CHECK_EQUAL(count_descriptors(), before);
}

/// Those that have ended leave room, and take nobody's place.
void many_may_come_one_after_the_other() {
    Fixture server;
    const UniqueFd patient = server.connect();
    for (std::size_t i = 0; i < 3 * HttpClients::kMax; ++i) {
        const UniqueFd client = server.connect();
        server.send(client, "GET / HTTP/1.1\r\n\r\n");
        CHECK(Fixture::read(client).ends_with("xx(end)"));
    }
    server.send(patient, "GET /patient HTTP/1.1\r\n\r\n");
    CHECK(server.asked.ends_with("GET /patient\n"));
}

const TestGroup group{
    TEST(a_request_is_answered),
    TEST(what_is_no_request_is_refused),
    TEST(whoever_has_hung_up_is_told_of),
    TEST(whoever_trickles_is_cut),
    TEST(whoever_does_not_take_the_answer_is_cut),
    TEST(a_slow_reader_gets_all),
    TEST(the_oldest_goes_for_a_new_one),
    TEST(one_that_is_answered_leaves_no_descriptor),
    TEST(many_may_come_one_after_the_other),
};

} // namespace loop_http_server_test
