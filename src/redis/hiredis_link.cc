// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#include "redis/hiredis_link.h"

#include "loop/loop.h"
#include "loop/watch.h"

#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace eventsgw {
namespace {

std::string_view view_text(const redisReply& reply) {
    if (reply.type != REDIS_REPLY_STRING && reply.type != REDIS_REPLY_STATUS && reply.type != REDIS_REPLY_ERROR) {
        return {};
    }
    return {reply.str, static_cast<std::size_t>(reply.len)}; // len is an int before hiredis 1.0
}

Reply convert(const redisReply& reply) {
    Reply result;
    switch (reply.type) {
    case REDIS_REPLY_INTEGER:
        result.kind = Reply::Kind::integer;
        result.integer = reply.integer;
        break;
    case REDIS_REPLY_ERROR: result.kind = Reply::Kind::error; break;
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS: result.kind = Reply::Kind::text; break;
    case REDIS_REPLY_ARRAY:
        result.kind = Reply::Kind::array;
        for (std::size_t i = 0; i < reply.elements; ++i) {
            result.elements.push_back(convert(*reply.element[i]));
        }
        break;
    default: break;
    }
    result.text = view_text(reply);
    return result;
}

/// How many bytes the other side's kernel has taken, if more are waiting to be taken; `before` otherwise, and for
/// sockets that are not TCP, where nothing waits for long.
std::uint64_t read_acknowledged(int fd, std::uint64_t before) {
    int waiting = 0;
    tcp_info info{};
    socklen_t size = sizeof(info);
    const bool known = ::ioctl(fd, SIOCOUTQ, &waiting) == 0 && waiting > 0 &&
                       ::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0;
    return known ? info.tcpi_bytes_acked : before;
}

/// Owns one redisAsyncContext, which hiredis frees by itself when the connection ends: the cleanup hook is called on
/// each way out, and is where the link takes note of it. What follows from that happens in a turn of its own, because
/// hiredis does not bear to be called from its own connect and disconnect callbacks (0.14, 1.0).
class HiredisLink : public Link {
public:
    HiredisLink(Loop& loop, std::size_t max_bytes, const Address& address, Callbacks callbacks)
        : loop_(loop), max_bytes_(max_bytes), callbacks_(std::move(callbacks)), last_heard_(loop.now()),
          report_closed_(loop.make_timer([this] { on_closed(); })) {
        redisAsyncContext* context = address.is_unix() ? redisAsyncConnectUnix(address.path.c_str())
                                                       : redisAsyncConnect(address.host.c_str(), address.port);
        if (context == nullptr || context->err != 0) {
            close_with(Error{context == nullptr ? "out of memory" : context->errstr});
            free_context(context);
            return;
        }
        attach(context);
    }

    ~HiredisLink() override { free_context(context_); }

    void send(const std::vector<std::string_view>& command, ReplyCallback on_reply) override {
        pending_.push_back(std::move(on_reply));
        issue(command, &HiredisLink::on_reply);
    }

    void subscribe(const std::vector<std::string>& channels) override { listen("SUBSCRIBE", channels); }
    void psubscribe(const std::vector<std::string>& patterns) override { listen("PSUBSCRIBE", patterns); }

    std::uint64_t progress() override {
        if (context_ != nullptr) {
            acknowledged_ = read_acknowledged(context_->c.fd, acknowledged_);
        }
        return reads_ + acknowledged_;
    }

    Clock::time_point last_heard() const override { return last_heard_; }

private:
    static HiredisLink& self(void* data) { return *static_cast<HiredisLink*>(data); }

    static void free_context(redisAsyncContext* context) {
        if (context != nullptr) {
            redisAsyncFree(context);
        }
    }

    void attach(redisAsyncContext* context) {
        context_ = context;
        const int fd = context->c.fd;
        ::fcntl(fd, F_SETFD, FD_CLOEXEC); // hiredis leaves it to be inherited by every command, logged in as it is
        readable_ = std::make_unique<Watch>(loop_, fd, Watch::For::reading, [this] { on_readable(); });
        writable_ = std::make_unique<Watch>(loop_, fd, Watch::For::writing, [this] { on_writable(); });
        context->ev.data = this;
        context->ev.addRead = [](void* link) { self(link).switch_on(*self(link).readable_); };
        context->ev.delRead = [](void* link) { self(link).readable_->off(); };
        context->ev.addWrite = [](void* link) { self(link).switch_on(*self(link).writable_); };
        context->ev.delWrite = [](void* link) { self(link).writable_->off(); };
        context->ev.cleanup = [](void* link) { self(link).on_cleanup(); };
        switch_on(*writable_); // the socket becomes writable when it is connected
    }

    void switch_on(Watch& watch) {
        if (!watch.on() && context_ != nullptr) {
            close_with(Error{"the socket cannot be watched"});
        }
    }

    void issue(const std::vector<std::string_view>& command, redisCallbackFn* callback) {
        if (context_ == nullptr) {
            return;
        }
        std::vector<const char*> words;
        std::vector<std::size_t> sizes;
        words.reserve(command.size());
        sizes.reserve(command.size());
        for (const std::string_view word : command) {
            words.push_back(word.data());
            sizes.push_back(word.size());
        }
        redisAsyncCommandArgv(context_, callback, this, static_cast<int>(words.size()), words.data(), sizes.data());
    }

    void listen(std::string_view verb, const std::vector<std::string>& names) {
        std::vector<std::string_view> command{verb};
        command.insert(command.end(), names.begin(), names.end());
        issue(command, &HiredisLink::on_push);
    }

    void on_readable() {
        if (context_ == nullptr) {
            return;
        }
        ++reads_;
        const Clock::time_point before = std::exchange(last_heard_, loop_.now());
        redisAsyncHandleRead(context_);
        if (context_ == nullptr) {
            last_heard_ = before; // it was the end that was read
        }
        // What is finished has been handed out: the reader holds an unfinished message, and less than a read's worth.
        if (context_ != nullptr && context_->c.reader->len > max_bytes_) {
            callbacks_.on_oversized();
            close_with(Error{"more than " + std::to_string(max_bytes_) + " bytes of one message came"});
        }
    }

    /// A server that has closed the connection may have said why. That is read first, for writing would fail and take
    /// the connection and the reason along. (To peek with recv(2) would take the socket's own error away.)
    void on_writable() {
        int readable = 0;
        if (context_ != nullptr && ::ioctl(context_->c.fd, FIONREAD, &readable) == 0 && readable > 0) {
            on_readable();
        }
        if (context_ != nullptr) {
            redisAsyncHandleWrite(context_);
        }
    }

    /// A null reply says that the connection ended; on_closed() tells whoever still waits.
    static void on_reply(redisAsyncContext* /*context*/, void* reply, void* link) {
        if (reply == nullptr || self(link).pending_.empty()) {
            return;
        }
        const ReplyCallback callback = std::move(self(link).pending_.front());
        self(link).pending_.pop_front();
        const Reply answer = convert(*static_cast<redisReply*>(reply));
        callback(&answer);
    }

    /// Before hiredis 1.1 an answer that is no message may be handed to any subscription's callback: look at its shape.
    static void on_push(redisAsyncContext* /*context*/, void* data, void* link) {
        const auto* reply = static_cast<const redisReply*>(data);
        if (reply == nullptr || reply->type != REDIS_REPLY_ARRAY || reply->elements < 3) {
            return;
        }
        const Callbacks& callbacks = self(link).callbacks_;
        const auto text = [&](std::size_t i) { return view_text(*reply->element[i]); };
        const std::string_view kind = text(0);
        if (kind == "message" && reply->elements == 3) {
            callbacks.on_message(Message{{}, false, text(1), text(2)});
        } else if (kind == "pmessage" && reply->elements == 4) {
            callbacks.on_message(Message{text(1), true, text(2), text(3)});
        } else if (kind == "subscribe" || kind == "psubscribe") {
            callbacks.on_subscribed(text(1));
        }
    }

    void on_cleanup() {
        readable_->off();
        writable_->off();
        const redisContext& context = std::exchange(context_, nullptr)->c;
        close_with(
            make_reply_error(context.err != 0 ? context.errstr : "closed")); // of a subscriber the server's words
    }

    void close_with(Error reason) {
        if (!reason_) {
            reason_ = std::move(reason);
        }
        report_closed_->start(std::chrono::nanoseconds::zero());
    }

    void on_closed() {
        free_context(context_); // still there when it was the watching that failed
        report_closed_->stop();
        for (const ReplyCallback& callback : std::exchange(pending_, {})) {
            callback(nullptr);
        }
        callbacks_.on_closed(*reason_);
    }

    Loop& loop_;
    std::size_t max_bytes_;
    Callbacks callbacks_;
    redisAsyncContext* context_ = nullptr; ///< nullptr once hiredis has freed it
    std::unique_ptr<Watch> readable_;
    std::unique_ptr<Watch> writable_;
    std::deque<ReplyCallback> pending_; ///< of the commands that wait for their answer, oldest first
    std::uint64_t reads_ = 0;
    Clock::time_point last_heard_;
    std::uint64_t acknowledged_ = 0; ///< bytes, as seen when more were waiting
    std::optional<Error> reason_;    ///< why it is closed, or about to be
    std::unique_ptr<Timer> report_closed_;
};

} // namespace

LinkFactory make_hiredis_links(Loop& loop, std::size_t max_bytes) {
    return [&loop, max_bytes](const Address& address, Link::Callbacks callbacks) -> std::unique_ptr<Link> {
        return std::make_unique<HiredisLink>(loop, max_bytes, address, std::move(callbacks));
    };
}

} // namespace eventsgw
