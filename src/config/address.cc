// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "config/address.h"

#include "base/text.h"
#include "base/unix_address.h"
#include "config/python_text.h"

#include <limits>

#include <arpa/inet.h>

namespace eventsgw {
namespace {

constexpr std::uint16_t kDefaultPort = 6379;

/// A text with an @ is not repeated: what stands before it may be a password, as in an URL.
Error bad_address(std::string_view text, const std::string& why) {
    return Error{why + ": " + (text.find('@') == std::string_view::npos ? quote(text) : "(not shown)")};
}

Result<Address> parse_socket_path(std::string_view text) {
    if (text.size() > kMaxSocketPath) { // hiredis cuts a longer one silently
        return bad_address(text, "the path of a unix socket has at most " + std::to_string(kMaxSocketPath) + " bytes");
    }
    if (text.find('\0') != std::string_view::npos) {
        return bad_address(text, "the path of a unix socket has no NUL");
    }
    return Address{{}, 0, std::string(text)};
}

Result<std::uint16_t> parse_port(std::string_view digits) {
    const Result<std::uint64_t> port = parse_count(digits);
    if (!port || *port == 0 || *port > std::numeric_limits<std::uint16_t>::max()) {
        return Error{"the port is not a number from 1 to 65535"};
    }
    return static_cast<std::uint16_t>(*port);
}

/// `rest` is what follows the host: nothing, or a colon and the port.
Result<Address> make_address(std::string_view text, std::string_view host, std::string_view rest) {
    if (host.empty()) {
        return bad_address(text, "the host is missing");
    }
    if (rest.empty()) {
        return Address{std::string(host), kDefaultPort, {}};
    }
    if (rest[0] != ':') {
        return bad_address(text, "only :port can follow the bracket");
    }
    const Result<std::uint16_t> port = parse_port(rest.substr(1));
    if (!port) {
        return bad_address(text, port.error().message);
    }
    return Address{std::string(host), *port, {}};
}

} // namespace

bool is_numeric_host(const std::string& host) {
    in6_addr address{};
    return ::inet_pton(AF_INET, host.c_str(), &address) == 1 || ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

Result<Address> parse_address(std::string_view text) {
    if (text.empty()) {
        return Error{"the address is empty"};
    }
    if (text.find("://") != std::string_view::npos) {
        return bad_address(text, "an address is host:port, [v6]:port or the path of a socket, and no URL");
    }
    if (text.find('/') != std::string_view::npos) {
        return parse_socket_path(text);
    }
    if (text.find(',') != std::string_view::npos) {
        return bad_address(text, "one address is wanted, and no list of them");
    }
    if (has_blank_or_control(text)) {
        return bad_address(text, "an address has no blanks or control characters");
    }
    if (text[0] == '[') {
        const std::size_t close = text.find(']');
        if (close == std::string_view::npos) {
            return bad_address(text, "the closing bracket is missing");
        }
        return make_address(text, text.substr(1, close - 1), text.substr(close + 1));
    }
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) {
        return make_address(text, text, {});
    }
    if (text.find(':', colon + 1) != std::string_view::npos) {
        return bad_address(text, "an IPv6 address stands in brackets, as in [::1]:6379");
    }
    return make_address(text, text.substr(0, colon), text.substr(colon));
}

std::string to_string(const Address& address) {
    if (address.is_unix()) {
        return address.path;
    }
    const bool is_v6 = address.host.find(':') != std::string::npos;
    const std::string host = is_v6 ? "[" + address.host + "]" : address.host;
    return host + ":" + std::to_string(address.port);
}

} // namespace eventsgw
