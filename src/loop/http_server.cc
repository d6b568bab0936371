// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "loop/http_server.h"

#include "loop/loop.h"

#include <new>
#include <utility>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <poll.h>

namespace eventsgw {
namespace {

constexpr int kMaxHeaderBytes = 8192;
constexpr timeval kPause{1, 0};

/// A request can lie in the socket for long, where the process was stopped or busy.
bool has_hung_up(evhttp_request* request) {
    bufferevent* connection = evhttp_connection_get_bufferevent(evhttp_request_get_connection(request));
    pollfd peer{bufferevent_getfd(connection), POLLRDHUP, 0};
    return ::poll(&peer, 1, 0) > 0 && (peer.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

HttpRequest read_request(evhttp_request* request) {
    const evhttp_uri* uri = evhttp_request_get_evhttp_uri(request);
    const char* path = evhttp_uri_get_path(uri);
    const char* query = evhttp_uri_get_query(uri);
    return {evhttp_request_get_command(request) == EVHTTP_REQ_POST ? "POST" : "GET", path != nullptr ? path : "",
            query != nullptr ? query : "", has_hung_up(request)};
}

void send(evhttp_request* request, const HttpResponse& response) {
    evkeyvalq* headers = evhttp_request_get_output_headers(request);
    evhttp_add_header(headers, "Content-Type", response.content_type.c_str());
    evhttp_add_header(headers, "Content-Length", std::to_string(response.body.size()).c_str());
    evhttp_add_header(headers, "Connection", "close");
    evbuffer_add(evhttp_request_get_output_buffer(request), response.body.data(), response.body.size());
    evhttp_send_reply(request, response.status, nullptr, nullptr);
}

/// Out of descriptors: the connection stays in the queue of the socket, and to try again at once would spin. The
/// listener lives as long as the loop runs.
void pause_listener(evconnlistener* listener, void* /*server*/) {
    evconnlistener_disable(listener);
    event_base_once(
        evconnlistener_get_base(listener), -1, EV_TIMEOUT,
        [](evutil_socket_t /*fd*/, short /*what*/, void* paused) {
            evconnlistener_enable(static_cast<evconnlistener*>(paused));
        },
        listener, &kPause);
}

} // namespace

void HttpServer::Deleter::operator()(evhttp* server) const {
    evhttp_free(server);
}

HttpServer::HttpServer(Loop& loop, Timers& timers, Handler on_request)
    : loop_(loop), on_request_(std::move(on_request)), clients_(loop.base(), timers), server_(evhttp_new(loop.base())) {
    if (!server_) {
        throw std::bad_alloc();
    }
    evhttp_set_allowed_methods(server_.get(), EVHTTP_REQ_GET | EVHTTP_REQ_POST);
    evhttp_set_max_headers_size(server_.get(), kMaxHeaderBytes);
    evhttp_set_max_body_size(server_.get(), 0);
    evhttp_set_bevcb(
        server_.get(), [](event_base* /*base*/, void* self) { return static_cast<HttpServer*>(self)->clients_.make(); },
        this);
    evhttp_set_gencb(
        server_.get(),
        [](evhttp_request* request, void* self) {
            evhttp_connection_set_closecb(evhttp_request_get_connection(request), on_close, self);
            send(request, static_cast<HttpServer*>(self)->on_request_(read_request(request)));
        },
        this);
}

void HttpServer::on_close(evhttp_connection* connection, void* self) {
    static_cast<HttpServer*>(self)->clients_.forget(evhttp_connection_get_bufferevent(connection));
}

Result<void> HttpServer::listen(const Address& address) {
    if (Result<void> opened = socket_.open(address); !opened) {
        return opened;
    }
    evconnlistener* listener =
        evconnlistener_new(loop_.base(), nullptr, nullptr, LEV_OPT_CLOSE_ON_EXEC, 0, socket_.get());
    if (listener == nullptr) {
        return make_os_error("cannot listen");
    }
    evhttp_bind_listener(server_.get(), listener);
    evconnlistener_set_error_cb(listener, pause_listener);
    return {};
}

} // namespace eventsgw
