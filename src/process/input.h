// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace eventsgw {

/// What a process reads on its standard input: bytes of its own, given back as soon as they are written, or bytes that
/// somebody lends who keeps them until the process has exited.
class Input {
public:
    Input() = default;
    Input(std::string own) : own_(std::move(own)) {} // NOLINT(google-explicit-constructor): Job{command, payload}

    static Input lend(std::string_view bytes) {
        Input input;
        input.lent_ = bytes;
        return input;
    }

    std::string_view bytes() const { return own_.empty() ? lent_ : std::string_view(own_); }
    std::size_t size() const { return bytes().size(); }
    void clear() { *this = Input(); }

private:
    std::string own_;
    std::string_view lent_;
};

} // namespace eventsgw
