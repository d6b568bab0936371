// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "loop/http_server.h"

#include "base/fd.h"
#include "loop/loop.h"

#include <cerrno>
#include <new>
#include <utility>

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace eventsgw {
namespace {

constexpr int kTimeoutSeconds = 5;
constexpr int kMaxHeaderBytes = 8192;
constexpr int kBacklog = 16;
constexpr timeval kPause{1, 0};

HttpRequest read_request(evhttp_request* request) {
    const char* path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(request));
    return {evhttp_request_get_command(request) == EVHTTP_REQ_POST ? "POST" : "GET", path != nullptr ? path : ""};
}

void send(evhttp_request* request, const HttpResponse& response) {
    evkeyvalq* headers = evhttp_request_get_output_headers(request);
    evhttp_add_header(headers, "Content-Type", response.content_type.c_str());
    evhttp_add_header(headers, "Connection", "close");
    evbuffer_add(evhttp_request_get_output_buffer(request), response.body.data(), response.body.size());
    evhttp_send_reply(request, response.status, nullptr, nullptr);
}

sockaddr_un make_unix_address(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    return address;
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

ino_t find_inode(const std::string& path) {
    struct stat info {};
    return ::lstat(path.c_str(), &info) == 0 ? info.st_ino : 0;
}

/// Makes room for a new socket, unless somebody listens to the one that is there.
Result<void> remove_stale(const sockaddr_un& address) {
    struct stat info {};
    if (::lstat(address.sun_path, &info) != 0 || !S_ISSOCK(info.st_mode)) {
        return {}; // bind(2) knows best what is wrong with anything else
    }
    const UniqueFd trial(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (::connect(trial.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 &&
        errno == ECONNREFUSED) {
        ::unlink(address.sun_path);
        return {};
    }
    return Error{"somebody else answers there", EADDRINUSE}; // or is too busy to, or speaks otherwise
}

Result<void> bind_to(const sockaddr* address, socklen_t size, UniqueFd& socket) {
    if (::bind(socket.get(), address, size) != 0 || ::listen(socket.get(), kBacklog) != 0) {
        return make_os_error("cannot listen");
    }
    return {};
}

/// The mode of the socket before bind(2) becomes that of the file, so that nobody else gets in even for a moment.
Result<void> bind_unix(const std::string& path, UniqueFd& socket) {
    const sockaddr_un address = make_unix_address(path);
    if (Result<void> removed = remove_stale(address); !removed) {
        return removed;
    }
    socket.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ::fchmod(socket.get(), S_IRUSR | S_IWUSR);
    return bind_to(reinterpret_cast<const sockaddr*>(&address), sizeof(address), socket);
}

Result<void> bind_tcp(const Address& address, UniqueFd& socket) {
    const std::string port = std::to_string(address.port);
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int status = ::getaddrinfo(address.host.c_str(), port.c_str(), &hints, &found); status != 0) {
        return Error{std::string("the host must be a numeric address: ") + ::gai_strerror(status), EINVAL};
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
    socket.reset(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    return bind_to(found->ai_addr, found->ai_addrlen, socket);
}

} // namespace

void HttpServer::Deleter::operator()(evhttp* server) const {
    evhttp_free(server);
}

HttpServer::HttpServer(Loop& loop, Handler on_request)
    : loop_(loop), on_request_(std::move(on_request)), server_(evhttp_new(loop.base())) {
    if (!server_) {
        throw std::bad_alloc();
    }
    evhttp_set_allowed_methods(server_.get(), EVHTTP_REQ_GET | EVHTTP_REQ_POST);
    evhttp_set_timeout(server_.get(), kTimeoutSeconds);
    evhttp_set_max_headers_size(server_.get(), kMaxHeaderBytes);
    evhttp_set_max_body_size(server_.get(), 0);
    evhttp_set_gencb(
        server_.get(),
        [](evhttp_request* request, void* self) {
            send(request, static_cast<HttpServer*>(self)->on_request_(read_request(request)));
        },
        this);
}

HttpServer::~HttpServer() {
    if (!socket_path_.empty() && find_inode(socket_path_) == socket_inode_) {
        ::unlink(socket_path_.c_str());
    }
}

Result<void> HttpServer::listen(const Address& address) {
    UniqueFd socket;
    if (Result<void> bound = address.is_unix() ? bind_unix(address.path, socket) : bind_tcp(address, socket); !bound) {
        return bound;
    }
    evutil_make_socket_nonblocking(socket.get());
    evconnlistener* listener = evconnlistener_new(
        loop_.base(), nullptr, nullptr, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, kBacklog, socket.get());
    if (listener == nullptr) {
        return make_os_error("cannot listen");
    }
    static_cast<void>(socket.release());
    evhttp_bind_listener(server_.get(), listener);
    evconnlistener_set_error_cb(listener, pause_listener);
    socket_path_ = address.path;
    socket_inode_ = find_inode(address.path);
    return {};
}

} // namespace eventsgw
