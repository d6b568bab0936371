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

/// What a failure means to whoever decides what to do next. Three places translate into it: fault_of_errno(), what
/// SQLite returns in store/database.cc, and the words of Redis in redis/reply.cc.
enum class Fault : std::uint8_t {
    other,           ///< nothing that anybody acts upon
    absent,          ///< nothing has that name, or a variable is not set
    taken,           ///< something has that name, or somebody listens there
    denied,          ///< the access rules forbid it
    unauthenticated, ///< the password is wrong, or none was given
    busy,            ///< somebody else is at it, and will be done with it
    shortage,        ///< descriptors, processes or memory ran out, which passes and says nothing about what was tried
    disk_full,
    read_only,  ///< the disk or the file cannot be written
    damaged,    ///< no database, a damaged one, or not what the program has made
    empty,      ///< nothing has been put into it yet
    no_match,   ///< there is nothing like that in it, or more than one
    refused,    ///< the gateway answers that it will not
    unanswered, ///< no answer came: it may have been carried out
    wrong_type, ///< the Redis key holds something else
    too_large
};

/// errno(3). EWOULDBLOCK, which is EAGAIN, is a shortage here; lock_exclusively() in base/fd.h knows better.
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
