// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "loop/http_connection.h"

#include "loop/loop.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include <sys/socket.h>

namespace eventsgw {
namespace {

constexpr std::size_t kMaxDrained = 65536;

/// Of the first line, "GET /status?x HTTP/1.1"; nothing when it is none.
std::optional<HttpRequest> parse_request(std::string_view line) {
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last || line.substr(last + 1, 5) != "HTTP/") {
        return std::nullopt;
    }
    std::string_view target = line.substr(first + 1, last - first - 1);
    if (target.starts_with("http://")) {
        target.remove_prefix(std::min(target.find('/', 7), target.size()));
    }
    return HttpRequest{std::string(line.substr(0, first)), std::string(target.substr(0, target.find('?')))};
}

std::string_view name_status(int status) {
    switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 431: return "Request Header Fields Too Large";
    default: return "Refused";
    }
}

/// How many bytes of the text are the head of a request, with the empty line; 0 while that has not come.
std::size_t find_head_end(std::string_view text) {
    const std::size_t usual = text.find("\r\n\r\n");
    const std::size_t bare = text.find("\n\n"); // RFC 9112, 2.2 lets a server take a bare line feed
    const std::size_t end = std::min(usual, bare);
    return end == std::string_view::npos ? 0 : end + (end == usual ? 4 : 2);
}

} // namespace

HttpConnection::HttpConnection(Loop& loop, Timers& timers, UniqueFd socket, const Handler& on_request,
                               std::function<void()> on_end)
    : on_request_(on_request), on_end_(std::move(on_end)), socket_(std::move(socket)),
      readable_(loop, socket_.get(), Watch::For::reading, [this] { on_readable(); }),
      writable_(loop, socket_.get(), Watch::For::writing, [this] { write_some(); }),
      deadline_(timers.make_timer([this] { end(); })) {}

bool HttpConnection::start() {
    deadline_->start(kTimeout);
    return readable_.on();
}

void HttpConnection::close() {
    deadline_->stop();
    readable_.off();
    writable_.off();
    socket_.reset();
}

void HttpConnection::end() {
    close();
    on_end_();
}

void HttpConnection::on_readable() {
    std::array<char, 4096> chunk{};
    const ssize_t got = ::recv(socket_.get(), chunk.data(), chunk.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    const std::size_t count = got > 0 ? static_cast<std::size_t>(got) : 0;
    drained_ += stage_ == Stage::reading ? 0 : count;
    if (count == 0 || drained_ > kMaxDrained) {
        end();
    } else if (stage_ == Stage::reading) {
        read_request({chunk.data(), count});
    }
}

void HttpConnection::read_request(std::string_view bytes) {
    request_.append(bytes);
    const std::size_t head = find_head_end(request_);
    if (std::max(head, head == 0 ? request_.size() : 0) > kMaxHeaderBytes) {
        answer({.status = 431, .body = "The head of the request is too long.\n"});
        return;
    }
    if (head == 0) {
        return;
    }
    const std::optional<HttpRequest> request =
        parse_request(std::string_view(request_).substr(0, request_.find_first_of("\r\n")));
    if (!request) {
        answer({.status = 400, .body = "This is no request.\n"});
    } else if (request->method != "GET" && request->method != "POST") {
        answer({.status = 405, .body = "There are GET and POST.\n"});
    } else {
        answer(on_request_(*request));
    }
}

void HttpConnection::answer(const HttpResponse& response) {
    answer_ = "HTTP/1.1 " + std::to_string(response.status) + " " + std::string(name_status(response.status)) +
              "\r\nContent-Type: " + response.content_type +
              "\r\nContent-Length: " + std::to_string(response.body.size()) + "\r\nConnection: close\r\n\r\n" +
              response.body;
    stage_ = Stage::writing;
    deadline_->start(kTimeout);
    write_some();
}

void HttpConnection::write_some() {
    while (written_ < answer_.size()) {
        const ssize_t sent = ::send(socket_.get(), answer_.data() + written_, answer_.size() - written_, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN && writable_.on()) {
            return;
        }
        if (sent < 0 && errno != EINTR) {
            end();
            return;
        }
        written_ += static_cast<std::size_t>(std::max<ssize_t>(sent, 0));
    }
    stage_ = Stage::draining;
    writable_.off();
    ::shutdown(socket_.get(), SHUT_WR);
}

} // namespace eventsgw
