// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace eventsgw {

/// The meaning of a failure, by which the caller decides what to do next. Three functions translate into it:
/// fault_of_errno() for errno, one in store/database.cc for SQLite's result codes, make_reply_error() for Redis.
enum class Fault : std::uint8_t {
    other,           ///< no caller distinguishes it
    absent,          ///< no such file or directory, or a variable is not set
    taken,           ///< the name or address is in use
    denied,          ///< permission denied, by the system or by an access rule of Redis
    unauthenticated, ///< wrong password, or none given
    busy,            ///< in use by another process; a retry may succeed
    shortage,        ///< descriptors, processes or memory are exhausted; a retry may succeed
    disk_full,
    read_only,  ///< the disk or the file cannot be written
    damaged,    ///< not a database, corrupt, or of another program or format
    no_match,   ///< not found
    ambiguous,  ///< more than one match
    refused,    ///< the gateway refused the request
    unanswered, ///< no answer; the request may have been carried out
    wrong_type, ///< the Redis key holds another type
    too_large
};

/// The meaning of an errno(3) value. EWOULDBLOCK, which is EAGAIN, is a shortage here; lock_exclusively() in base/fd.h
/// reports it as busy.
Fault fault_of_errno(int os_error);

/// What went wrong. The message is for the administrator alone: nothing is decided by its text.
struct Error {
    std::string message;
    Fault fault = Fault::other;
};

/// An Error from an errno value: "what: No such file or directory".
Error make_os_error(std::string_view what, int os_error = errno);

/// Adds the place to an error on its way up: "where: message". Done once per layer.
inline Error within(std::string_view where, Error error) {
    error.message.insert(0, std::string(where) + ": ");
    return error;
}

/// A value, or the Error that stands in its place. For everything that can happen in the field;
/// reading the half that is not there is our own bug and ends the program (std::bad_variant_access).
template <typename T> class [[nodiscard]] Result {
public:
    Result(T value) : state_(std::move(value)) {}     // NOLINT(google-explicit-constructor): return value;
    Result(Error error) : state_(std::move(error)) {} // NOLINT(google-explicit-constructor): return error;

    bool ok() const { return std::holds_alternative<T>(state_); }
    explicit operator bool() const { return ok(); }

    T& value() & { return std::get<T>(state_); }
    const T& value() const& { return std::get<T>(state_); }
    T&& value() && { return std::get<T>(std::move(state_)); }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    const T& operator*() const&& = delete; // would refer into a temporary that is about to go
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    const Error& error() const& { return std::get<Error>(state_); }
    Error&& error() && { return std::get<Error>(std::move(state_)); }

private:
    std::variant<T, Error> state_;
};

/// Success, or an Error.
template <> class [[nodiscard]] Result<void> {
public:
    Result() = default;
    Result(Error error) : error_(std::move(error)) {} // NOLINT(google-explicit-constructor): return error;

    bool ok() const { return !error_.has_value(); }
    explicit operator bool() const { return ok(); }
    const Error& error() const& { return error_.value(); }
    Error&& error() && { return std::move(error_).value(); }

private:
    std::optional<Error> error_;
};

} // namespace eventsgw
