// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "loop/http_clients.h"

#include <utility>

#include <event2/bufferevent.h>
#include <sys/socket.h>

namespace eventsgw {
namespace {

/// bufferevent_free() takes the callbacks away, and the server always has one while it holds the connection.
bool has_ended(bufferevent* connection) {
    bufferevent_event_cb on_event = nullptr;
    bufferevent_getcb(connection, nullptr, nullptr, &on_event, nullptr);
    return on_event == nullptr;
}

/// The server sees the end of the connection in its next turn.
void cut(bufferevent* connection) {
    ::shutdown(bufferevent_getfd(connection), SHUT_RDWR);
}

} // namespace

void HttpClients::Deleter::operator()(bufferevent* connection) const {
    bufferevent_decref(connection);
}

HttpClients::HttpClients(event_base* base, Timers& timers)
    : base_(base), timers_(timers), deadline_(timers.make_timer([this] { cut_late(); })) {}

bufferevent* HttpClients::make() {
    forget_ended();
    bufferevent* connection = bufferevent_socket_new(base_, -1, BEV_OPT_CLOSE_ON_FREE);
    if (connection == nullptr) {
        return nullptr;
    }
    if (clients_.size() >= kMax) {
        cut(clients_.front().connection.get());
        clients_.pop_front();
    }
    bufferevent_incref(connection);
    clients_.push_back({std::unique_ptr<bufferevent, Deleter>(connection), timers_.now()});
    if (!deadline_->is_pending()) {
        deadline_->start(kTime);
    }
    return connection;
}

void HttpClients::forget(bufferevent* connection) {
    clients_.remove_if([connection](const Client& client) { return client.connection.get() == connection; });
}

void HttpClients::forget_ended() {
    clients_.remove_if([](const Client& client) { return has_ended(client.connection.get()); });
}

void HttpClients::cut_late() {
    forget_ended();
    for (; !clients_.empty() && timers_.now() - clients_.front().since >= kTime; clients_.pop_front()) {
        cut(clients_.front().connection.get());
    }
    if (!clients_.empty()) {
        deadline_->start(clients_.front().since + kTime - timers_.now());
    }
}

} // namespace eventsgw
