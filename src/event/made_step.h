// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace eventsgw {

struct Rule;

/// The head of a step that is made of a rule: by it the step is known again when rules are turned into steps another
/// time, and by its checksum whether somebody has edited it. `file` is the configuration's name, `body` the rest of the
/// step, which the head goes before.
std::string put_step_head(const Rule& rule, const std::string& file, std::string_view body);

/// How the head names the channel of a rule: where it is the same, the steps are of one rule, maybe with another value.
std::string name_step_channel(const Rule& rule);

/// A step that was made of a rule, as its text tells.
struct MadeStep {
    std::string rule;    ///< begins with name_step_channel()
    std::string content; ///< all but where the rule stood, and the checksum: equal where the steps do the same
    bool is_edited;      ///< since it was made, as far as can be told: older versions wrote no checksum
};

/// Nothing for any other text.
std::optional<MadeStep> read_made_step(std::string_view text);

} // namespace eventsgw
