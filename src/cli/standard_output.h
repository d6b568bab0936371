// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include <array>
#include <ostream>
#include <streambuf>

namespace eventsgw {

/// What a stream such as std::cout writes goes to standard output through it while it lives. Knows why it did not,
/// which the stream does not: errno is another call's when somebody asks. A standard output that is closed when it is
/// made stays so for it, whatever gets its descriptor.
class StandardOutput : public std::streambuf {
public:
    explicit StandardOutput(std::ostream& stream);
    StandardOutput(const StandardOutput&) = delete;
    StandardOutput& operator=(const StandardOutput&) = delete;
    ~StandardOutput() override;

    /// errno of the first write that has failed; 0: none has.
    int error() const { return error_; }

protected:
    int_type overflow(int_type character) override;
    int sync() override;

private:
    std::ostream& stream_;
    std::streambuf* former_;
    std::array<char, 16384> buffer_{};
    bool is_closed_;
    int error_ = 0;
};

} // namespace eventsgw
