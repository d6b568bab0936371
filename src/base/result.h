// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace eventsgw {

/// What went wrong, in words for the administrator. `os_error` is the errno behind it, 0 where there is none;
/// callers look at it to tell what may pass by itself (EAGAIN, EMFILE) from what will not.
struct Error {
    std::string message;
    int os_error = 0;
};

/// An Error from an errno value: "what: No such file or directory".
inline Error make_os_error(std::string_view what, int os_error = errno) {
    return Error{std::string(what) + ": " + std::strerror(os_error), os_error};
}

/// Adds the place to an error on its way up: "where: message". Done once per floor.
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
