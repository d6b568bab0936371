// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "redis/resolver.h"

#include "base/signals_blocked.h"
#include "loop/loop.h"

#include <array>
#include <memory>
#include <new>
#include <sstream>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace eventsgw {
namespace {

// The answer of a lookup, as one message: kFound and addresses with a line end behind each, or kFailed and the reason.
constexpr char kFound = '+';
constexpr char kFailed = '-';
constexpr std::size_t kMaxAnswer = 16384;

std::string look_up(const std::string& host) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int status = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
    if (status != 0) {
        return kFailed + std::string(::gai_strerror(status));
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
    std::string answer(1, kFound);
    for (const addrinfo* entry = found; entry != nullptr && answer.size() < kMaxAnswer - NI_MAXHOST;
         entry = entry->ai_next) {
        std::array<char, NI_MAXHOST> text{};
        if (::getnameinfo(entry->ai_addr, entry->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) ==
            0) {
            answer.append(text.data()).append("\n");
        }
    }
    return answer;
}

/// What is thrown in a thread ends the program.
void answer(int socket, const std::string& host) {
    constexpr std::string_view kNoMemory = "-out of memory";
    try {
        const std::string found = look_up(host);
        ::send(socket, found.data(), found.size(), MSG_NOSIGNAL);
    } catch (const std::bad_alloc&) {
        ::send(socket, kNoMemory.data(), kNoMemory.size(), MSG_NOSIGNAL);
    }
}

Addresses parse_answer(const std::string& answer) {
    if (answer.empty()) {
        return Error{"the lookup ended without an answer"};
    }
    if (answer[0] == kFailed) {
        return Error{answer.substr(1)};
    }
    std::vector<std::string> addresses;
    std::istringstream lines(answer.substr(1));
    for (std::string line; std::getline(lines, line);) {
        addresses.push_back(line);
    }
    if (addresses.empty()) {
        return Error{"the name has no address"};
    }
    return addresses;
}

} // namespace

Resolver::Resolver(Loop& loop)
    : loop_(loop), found_(Error{"no lookup yet"}), report_(loop.make_timer([this] { report(); })) {}

void Resolver::start(const std::string& host, ResolveCallback on_resolved) {
    const bool is_running = on_resolved_ != nullptr;
    on_resolved_ = std::move(on_resolved);
    if (is_running) {
        return;
    }
    if (const Result<void> launched = launch(host); !launched) {
        finish(launched.error());
    }
}

Result<void> Resolver::launch(const std::string& host) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        return make_os_error("socketpair");
    }
    socket_.reset(ends[0]);
    UniqueFd far_end(ends[1]);
    try {
        const SignalsBlocked blocked;
        std::thread([host, socket = std::move(far_end)] { answer(socket.get(), host); }).detach();
    } catch (const std::system_error& error) {
        return Error{std::string("no thread for the lookup: ") + error.what(), fault_of_errno(error.code().value())};
    }
    watch_ = std::make_unique<Watch>(loop_, socket_.get(), Watch::For::reading, [this] { on_answer(); });
    if (!watch_->on()) {
        return Error{"the lookup cannot be watched"};
    }
    return {};
}

void Resolver::on_answer() {
    std::string answer(kMaxAnswer, '\0');
    const ssize_t size = ::recv(socket_.get(), answer.data(), answer.size(), 0);
    answer.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    finish(parse_answer(answer));
}

void Resolver::finish(Addresses addresses) {
    found_ = std::move(addresses);
    report_->start(std::chrono::nanoseconds::zero());
}

void Resolver::report() {
    watch_.reset();
    socket_.reset();
    std::exchange(on_resolved_, nullptr)(std::move(found_));
}

} // namespace eventsgw
