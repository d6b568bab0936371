// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "loop/listening_socket.h"

#include "base/unix_address.h"

#include <cerrno>
#include <memory>

#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace eventsgw {
namespace {

constexpr int kBacklog = 16;

ino_t find_inode(const std::string& path) {
    struct stat info {};
    return ::lstat(path.c_str(), &info) == 0 ? info.st_ino : 0;
}

/// Makes room for a new socket, unless somebody listens to the one that is there.
Result<void> remove_stale(const UnixAddress& address) {
    struct stat info {};
    if (::lstat(address.path(), &info) != 0 || !S_ISSOCK(info.st_mode)) {
        return {}; // bind(2) knows best what is wrong with anything else
    }
    const UniqueFd trial(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!trial) {
        return make_os_error("cannot find out whether somebody else answers there");
    }
    if (::connect(trial.get(), address.get(), address.size()) != 0 && errno == ECONNREFUSED) {
        ::unlink(address.path());
        return {};
    }
    return Error{"somebody else answers there", Fault::taken}; // or is too busy to, or speaks otherwise
}

Result<void> bind_to(const sockaddr* address, socklen_t size, UniqueFd& socket) {
    if (::bind(socket.get(), address, size) != 0 || ::listen(socket.get(), kBacklog) != 0) {
        return make_os_error("cannot listen");
    }
    return {};
}

/// The mode of the socket before bind(2) becomes that of the file, so that nobody else gets in even for a moment.
Result<void> bind_unix(const std::string& path, UniqueFd& socket) {
    const UnixAddress address(path);
    if (Result<void> removed = remove_stale(address); !removed) {
        return removed;
    }
    socket.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    ::fchmod(socket.get(), S_IRUSR | S_IWUSR);
    return bind_to(address.get(), address.size(), socket);
}

Result<void> bind_tcp(const Address& address, UniqueFd& socket) {
    const std::string port = std::to_string(address.port);
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int status = ::getaddrinfo(address.host.c_str(), port.c_str(), &hints, &found); status != 0) {
        return Error{std::string("the host must be a numeric address: ") + ::gai_strerror(status)};
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
    socket.reset(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int on = 1;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    return bind_to(found->ai_addr, found->ai_addrlen, socket);
}

} // namespace

ListeningSocket::~ListeningSocket() {
    if (!path_.empty() && find_inode(path_) == inode_) {
        ::unlink(path_.c_str());
    }
}

Result<void> ListeningSocket::open(const Address& address) {
    if (Result<void> bound = address.is_unix() ? bind_unix(address.path, socket_) : bind_tcp(address, socket_);
        !bound) {
        return bound;
    }
    path_ = address.path;
    inode_ = find_inode(path_);
    return {};
}

} // namespace eventsgw
