// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/gateway_client.h"

#include "base/fd.h"
#include "base/text.h"
#include "base/unix_address.h"
#include "daemon/status_server.h"

#include <array>
#include <cerrno>

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace eventsgw {
namespace {

constexpr timeval kPatience{5, 0};

Error no_gateway(int os_error) {
    const std::string socket = kStatusSocket;
    if (os_error == EACCES || os_error == EPERM) {
        return Error{socket + " belongs to another user: run this as the module, or as root", os_error};
    }
    return Error{"no gateway answers at " + socket +
                     " here: go to the module's state directory, and see that the gateway runs",
                 os_error};
}

Result<UniqueFd> connect_to_gateway() {
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof(kPatience));
    ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof(kPatience));
    const UnixAddress address(kStatusSocket);
    if (::connect(fd.get(), address.get(), address.size()) != 0) {
        return no_gateway(errno);
    }
    return fd;
}

Result<std::string> read_to_end(int fd) {
    std::string text;
    std::array<char, 65536> chunk{};
    for (;;) {
        const ssize_t got = ::read(fd, chunk.data(), chunk.size());
        if (got == 0) {
            return text;
        }
        if (got < 0 && errno != EINTR) {
            return Error{"the gateway does not answer: it may be busy or stopped; see systemctl status", errno};
        }
        text.append(chunk.data(), static_cast<std::size_t>(got > 0 ? got : 0));
    }
}

/// The body of an HTTP/1.0 response, whose end is the end of the connection.
Result<std::string> take_body(const std::string& response) {
    constexpr std::string_view kHeadEnd = "\r\n\r\n";
    const std::size_t head_end = response.find(kHeadEnd);
    const std::size_t blank = response.find(' ');
    if (head_end == std::string::npos || blank == std::string::npos) {
        return Error{"what answers at " + std::string(kStatusSocket) + " is no gateway"};
    }
    std::string body = response.substr(head_end + kHeadEnd.size());
    if (response.compare(blank + 1, 3, "200") != 0) {
        return Error{std::string(trim(body))};
    }
    return body;
}

} // namespace

Result<std::string> ask_gateway(const std::string& method, const std::string& path) {
    Result<UniqueFd> fd = connect_to_gateway();
    if (!fd) {
        return fd.error();
    }
    const std::string request = method + " " + path + " HTTP/1.0\r\n\r\n";
    if (::send(fd->get(), request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) {
        return make_os_error("the gateway does not take the question");
    }
    Result<std::string> response = read_to_end(fd->get());
    return response ? take_body(*response) : response;
}

} // namespace eventsgw
