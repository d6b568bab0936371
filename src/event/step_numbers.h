// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace eventsgw {

/// Numbers for the steps of one event, without any before them: all have as many digits, so that byte order is their
/// order.
std::vector<std::string> make_step_numbers(std::size_t count);

/// Numbers for steps among others. `numbers` has those of the steps that have one, in the order in which all are to
/// run, and an empty string where one is needed; it comes after `others`, which nothing but the end of all steps is
/// measured by. Nothing where the numbers that are there are not in order, or leave no room.
std::optional<std::vector<std::string>> fill_step_numbers(std::vector<std::string> numbers,
                                                          const std::vector<std::string>& others);

} // namespace eventsgw
