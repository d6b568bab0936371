// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "config/problem.h"
#include "config/rules.h"
#include "config/settings.h"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace eventsgw {

/// A configuration, read. Where there are errors `rules` is empty, and `settings` holds what could be understood.
struct ConfigReport {
    RuleSet rules;
    Settings settings;                                        ///< the defaults with [gateway] applied
    std::map<std::string, RunSettings, std::less<>> handlers; ///< by event: those with a section of their own
    std::vector<Problem> errors;
    std::vector<Problem> warnings;
    std::vector<Problem> notes; ///< what follows from sound settings and is worth knowing
    bool is_absent = false;     ///< there is no file, and none is needed
};

/// Reads the bytes of an eventsgw.conf. Finds all problems, not only the first; in the order of their lines.
ConfigReport parse_config(std::string_view bytes);

/// parse_config() of a file; a file that cannot be read is an error of the report, and so is one that is not there,
/// unless it `may_be_absent`.
ConfigReport load_config(const std::string& path, bool may_be_absent = false);

} // namespace eventsgw
