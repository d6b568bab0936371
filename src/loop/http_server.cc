// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "loop/http_server.h"

#include "base/backoff.h"
#include "loop/loop.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <sys/socket.h>

namespace eventsgw {
namespace {

constexpr int kMaxAtOnce = 16; // clients in one turn of the loop
constexpr std::chrono::seconds kPause{1};

} // namespace

HttpServer::HttpServer(Loop& loop, Timers& timers, Handler on_request)
    : loop_(loop), timers_(timers), on_request_(std::move(on_request)),
      pause_(timers.make_timer([this] { accept_some(); })) {}

Result<void> HttpServer::listen(const Address& address) {
    if (Result<void> opened = socket_.open(address); !opened) {
        return opened;
    }
    incoming_.emplace(loop_, socket_.get(), Watch::For::reading, [this] { accept_some(); });
    return incoming_->on() ? Result<void>() : make_os_error("cannot listen");
}

void HttpServer::accept_some() {
    for (int i = 0; i < kMaxAtOnce; ++i) {
        UniqueFd socket(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!socket && errno == EAGAIN) {
            break;
        }
        if (!socket && is_shortage(make_os_error("accept"))) {
            // The client stays in the queue of the socket, and to try again at once would spin.
            incoming_->off();
            pause_->start(kPause);
            return;
        }
        if (socket) {
            add(std::move(socket));
        }
    }
    if (!incoming_->on()) {
        pause_->start(kPause);
    }
}

void HttpServer::add(UniqueFd socket) {
    make_room();
    const auto place = connections_.emplace(connections_.end());
    *place = std::make_unique<HttpConnection>(loop_, timers_, std::move(socket), on_request_,
                                              [this, place] { remove(place); });
    if (!(*place)->start()) {
        connections_.erase(place);
    }
}

void HttpServer::make_room() {
    if (connections_.size() < kMaxConnections) {
        return;
    }
    const auto idle = std::find_if(connections_.begin(), connections_.end(),
                                   [](const auto& connection) { return !connection->is_answering(); });
    const auto place = idle == connections_.end() ? connections_.begin() : idle;
    (*place)->close();
    remove(place);
}

void HttpServer::remove(Connections::iterator place) {
    timers_.retire(std::move(*place));
    connections_.erase(place);
}

} // namespace eventsgw
