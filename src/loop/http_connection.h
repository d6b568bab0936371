// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/fd.h"
#include "loop/timers.h"
#include "loop/watch.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace eventsgw {

class Loop;

/// What was asked: the method is GET or POST, all others are refused.
struct HttpRequest {
    std::string method;
    std::string path; ///< "/status", without what follows a question mark
};

struct HttpResponse {
    int status = 200; ///< of RFC 9110
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;
};

/// One client of an HttpServer, which owns it: one request without a body, its answer, the end. Neither may take longer
/// than kTimeout in all, however the bytes come.
class HttpConnection : public Retirable {
public:
    using Handler = std::function<HttpResponse(const HttpRequest&)>;

    static constexpr std::chrono::seconds kTimeout{5};
    static constexpr std::size_t kMaxHeaderBytes = 8192;

    /// `on_end` is called once, from the loop: it must retire the connection.
    HttpConnection(Loop& loop, Timers& timers, UniqueFd socket, const Handler& on_request,
                   std::function<void()> on_end);

    /// False when the kernel takes no more descriptors to watch; then on_end is not called.
    [[nodiscard]] bool start();

    /// Nothing is called after that.
    void close();

    /// Whether it has got a request and not yet taken all of the answer.
    bool is_answering() const { return stage_ == Stage::writing; }

private:
    enum class Stage : std::uint8_t {
        reading,
        writing,
        draining, ///< all is said; a socket that is closed with something unread would take the answer back
    };

    void on_readable();
    void read_request(std::string_view bytes);
    void answer(const HttpResponse& response);
    void write_some();
    void end();

    const Handler& on_request_;
    std::function<void()> on_end_;
    UniqueFd socket_;
    Watch readable_;
    Watch writable_;
    std::unique_ptr<Timer> deadline_;
    Stage stage_ = Stage::reading;
    std::string request_;
    std::string answer_;
    std::size_t written_ = 0; ///< of the answer
    std::size_t drained_ = 0;
};

} // namespace eventsgw
