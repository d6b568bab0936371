// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "cli/gateway_client.h"

#include "base/fd.h"
#include "base/text.h"
#include "base/unix_address.h"
#include "daemon/status_server.h"

#include <array>
#include <cerrno>
#include <limits>
#include <optional>
#include <string_view>

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace eventsgw {
namespace {

constexpr timeval kAnswerTimeout{5, 0};

Error no_gateway(int os_error) {
    const std::string socket = kStatusSocket;
    if (fault_of_errno(os_error) == Fault::denied) {
        return Error{socket + " belongs to another user: run this as the module, or as root"};
    }
    return Error{"no gateway answers at " + socket +
                 " here: go to the module's state directory, and see that the gateway runs"};
}

Result<UniqueFd> connect_to_gateway() {
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &kAnswerTimeout, sizeof(kAnswerTimeout));
    ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &kAnswerTimeout, sizeof(kAnswerTimeout));
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
            return errno == ECONNRESET ? Error{"the gateway has ended without an answer", Fault::unanswered}
                                       : Error{"the gateway does not answer: it may be busy or stopped; see systemctl "
                                               "status",
                                               Fault::unanswered};
        }
        text.append(chunk.data(), static_cast<std::size_t>(got > 0 ? got : 0));
    }
}

std::string escape_lines(std::string_view text) {
    std::string escaped = escape_controls(text.substr(0, text.find('\n')));
    for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
        text.remove_prefix(end + 1);
        escaped += "\n" + escape_controls(text.substr(0, text.find('\n')));
    }
    return escaped;
}

/// The number behind a header's name; nothing where it does not stand in the head.
std::optional<std::uint64_t> find_number(std::string_view head, std::string_view name) {
    const std::size_t at = to_lower(head).find("\r\n" + std::string(name) + ":");
    if (at == std::string::npos) {
        return std::nullopt;
    }
    const std::string_view rest = head.substr(at + name.size() + 3);
    const Result<std::uint64_t> number = parse_count(trim(rest.substr(0, rest.find("\r\n"))));
    return number ? *number : std::numeric_limits<std::uint64_t>::max();
}

/// The body of a response, whose end is the end of the connection.
Result<std::string> take_body(const std::string& response) {
    constexpr std::string_view kHeadEnd = "\r\n\r\n";
    constexpr std::string_view kVersion = "HTTP/1.";
    const std::size_t head_end = response.find(kHeadEnd);
    if (response.empty()) {
        return Error{"the gateway has ended without an answer", Fault::unanswered};
    }
    if (head_end == std::string::npos || !response.starts_with(kVersion)) {
        return no_gateway_there();
    }
    std::string body = response.substr(head_end + kHeadEnd.size());
    const std::string_view status = std::string_view(response).substr(kVersion.size() + 1, 5);
    const std::optional<std::uint64_t> length =
        find_number(std::string_view(response).substr(0, head_end), "content-length");
    if (length && *length != body.size()) {
        return no_gateway_there();
    }
    if (status == " 404 " && body == kNoSuchWork) {
        return Error{std::string(trim(body)), Fault::no_match};
    }
    if (status == " 409 ") {
        return Error{escape_lines(trim(body)), Fault::refused};
    }
    return status == " 200 " ? Result<std::string>(std::move(body)) : no_gateway_there();
}

} // namespace

Error no_gateway_there() {
    return Error{"what answers at " + std::string(kStatusSocket) + " is no gateway, or one of another version"};
}

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

Result<JsonTree> parse_report(const std::string& answer) {
    JsonTree report(cJSON_ParseWithLength(answer.data(), answer.size()));
    if (cJSON_IsString(cJSON_GetObjectItemCaseSensitive(report.get(), "version")) == 0) {
        return no_gateway_there();
    }
    return report;
}

} // namespace eventsgw
