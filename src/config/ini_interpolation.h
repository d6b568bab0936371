// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "base/result.h"
#include "config/ini_document.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace eventsgw {

/// Replaces the %-references of values as Python's BasicInterpolation does: %% is a percent sign, %(name)s the value of
/// `name` in the same section, else in [DEFAULT]; any other percent sign is an error, and so are references nested more
/// than ten deep. Unlike Python it bounds the work: a few lines of references to references could otherwise fill any
/// memory.
class IniInterpolation {
public:
    /// What one object expands, all its calls together: bytes of the values referred to, and a little for each
    /// reference.
    static constexpr std::size_t kBudget = std::size_t{64} << 20U;

    /// `document` must outlive the object.
    explicit IniInterpolation(const IniDocument& document) : document_(document) {}

    /// The value of `entry`, which stands in `section` or in [DEFAULT], as it reads from `section`.
    Result<std::string> expand(const IniSection& section, const IniEntry& entry);

private:
    Result<void> append(std::string& out, std::string_view text, const IniSection& section, int depth);
    Result<void> append_reference(std::string& out, std::string_view& text, const IniSection& section, int depth);
    bool take_from_budget(std::size_t bytes);

    const IniDocument& document_;
    std::size_t budget_ = kBudget;
};

} // namespace eventsgw
