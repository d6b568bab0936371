// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/chrono.h"
#include "cli/takers.h"
#include "event/event.h"

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace eventsgw {

/// Writes events as lines: in columns for people, or as JSON objects for programs. Bytes from outside are escaped, and
/// secrets in a JSON payload are masked.
class EventPrinter {
public:
    struct Style {
        bool json = false;
        bool payload = false;
        bool colour = false;
    };
    using Time = std::chrono::system_clock::time_point;

    EventPrinter(std::ostream& out, Style style) : out_(out), style_(style) {}

    /// The heads of the columns, where there are columns.
    void print_heads();

    void print(Time time, const Event& event, const Takers& takers);

private:
    void print_columns(Time time, const Event& event, const Takers& takers);
    void print_object(Time time, const Event& event, const Takers& takers);
    std::string in_colour(std::string_view colour, const std::string& text) const;
    void print_cell(std::string_view colour, const std::string& text, std::size_t width);

    std::ostream& out_;
    Style style_;
};

} // namespace eventsgw
