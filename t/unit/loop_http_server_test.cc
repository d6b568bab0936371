// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "loop/http_server.h"

#include "base/unix_address.h"
#include "loop/loop.h"

#include "directory.h"
#include "fake_timers.h"
#include "testing.h"

#include <array>
#include <vector>

#include <sys/socket.h>
#include <unistd.h>

using namespace eventsgw;
using namespace eventsgw::testing;
using namespace std::chrono_literals;

namespace {

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
        asked += request.method + " " + request.path + "\n";
        return {.body = std::string(body_bytes, 'x')};
    }

    Directory directory_;
    std::string path_ = directory_ / "socket";
    Loop loop_;
    FakeTimers timers_;
    HttpServer server_;
};

void a_request_is_answered() {
    Fixture server;
    for (const char* request : {"GET /a?b HTTP/1.1\r\nHost: x\r\n\r\n", "POST /a HTTP/1.0\n\n",
                                "GET http://localhost:1/a HTTP/1.1\r\n\r\nGET /second HTTP/1.1\r\n\r\n"}) {
        const UniqueFd client = server.connect();
        server.send(client, request);
        CHECK_EQUAL(Fixture::read(client),
                    "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 2\r\n"
                    "Connection: close\r\n\r\nxx(end)");
    }
    CHECK_EQUAL(server.asked, "GET /a\nPOST /a\nGET /a\n");
}

void what_is_no_request_is_refused() {
    Fixture server;
    for (const auto& [request, status] : std::vector<std::pair<std::string, std::string>>{
             {"\r\n\r\n", "400"},
             {"GET /a\r\n\r\n", "400"},
             {"GET  HTTP/1.1 x\r\n\r\n", "400"},
             {"DELETE /a HTTP/1.1\r\n\r\n", "405"},
             {"GET /" + std::string(8192, 'a'), "431"},
             {"GET /" + std::string(8192, 'a') + " HTTP/1.1\r\n\r\n", "431"},
         }) {
        const UniqueFd client = server.connect();
        server.send(client, request);
        CHECK_EQUAL(Fixture::read(client).substr(9, 3), status);
    }
    CHECK_EQUAL(server.asked, "");
}

void whoever_trickles_is_cut() {
    Fixture server;
    const UniqueFd client = server.connect();
    for (int i = 0; i < 4; ++i) {
        server.pass(1s);
        server.send(client, "G");
        CHECK_EQUAL(Fixture::read(client), "");
    }
    server.pass(1s);
    CHECK_EQUAL(Fixture::read(client), "(end)");
}

void whoever_does_not_take_the_answer_is_cut() {
    Fixture server;
    server.body_bytes = 10 << 20;
    const UniqueFd client = server.connect();
    server.pass(4s);
    server.send(client, "GET / HTTP/1.1\r\n\r\n");
    server.pass(4s);
    std::array<char, 1000> chunk{};
    CHECK(::recv(client.get(), chunk.data(), chunk.size(), 0) > 0);
    server.turn();
    server.pass(1s);
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

void whoever_stays_after_the_answer_is_cut() {
    Fixture server;
    const UniqueFd client = server.connect();
    server.send(client, "GET / HTTP/1.1\r\n\r\n");
    server.pass(5s);
    CHECK(::send(client.get(), "x", 1, MSG_NOSIGNAL) < 0);
}

void the_oldest_idle_one_goes_for_a_new_one() {
    Fixture server;
    server.body_bytes = 10 << 20;
    const UniqueFd slow = server.connect();
    server.send(slow, "GET / HTTP/1.1\r\n\r\n");
    std::vector<UniqueFd> clients;
    for (std::size_t i = 0; i < HttpServer::kMaxConnections + 9; ++i) {
        clients.push_back(server.connect());
    }
    std::size_t ended = 0;
    for (const UniqueFd& client : clients) {
        ended += Fixture::read(client) == "(end)" ? 1 : 0;
    }
    CHECK_EQUAL(ended, 10U);
    CHECK_EQUAL(Fixture::read(clients[9]), "(end)");
    server.send(clients[10], "GET /late HTTP/1.1\r\n\r\n");
    CHECK(server.asked.ends_with("GET /late\n"));
    CHECK(!Fixture::read(slow).ends_with("(end)"));
}

void among_those_that_are_answered_the_oldest_goes() {
    Fixture server;
    server.body_bytes = 10 << 20;
    std::vector<UniqueFd> clients;
    for (std::size_t i = 0; i <= HttpServer::kMaxConnections; ++i) {
        clients.push_back(server.connect());
        server.send(clients.back(), "GET / HTTP/1.1\r\n\r\n");
    }
    CHECK(Fixture::read(clients[0]).ends_with("(end)"));
    CHECK(!Fixture::read(clients[1]).ends_with("(end)"));
}

} // namespace

int main() {
    const CMUnitTest tests[] = {
        TEST(a_request_is_answered),
        TEST(what_is_no_request_is_refused),
        TEST(whoever_trickles_is_cut),
        TEST(whoever_does_not_take_the_answer_is_cut),
        TEST(a_slow_reader_gets_all),
        TEST(whoever_stays_after_the_answer_is_cut),
        TEST(the_oldest_idle_one_goes_for_a_new_one),
        TEST(among_those_that_are_answered_the_oldest_goes),
    };
    return run(tests);
}
