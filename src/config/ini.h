// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "config/ini_document.h"

#include <string_view>

namespace eventsgw {

/// Reads the bytes of a file in the dialect of Python's configparser, with all errors rather than the first alone. The
/// wanted difference: keys keep their case, and only keys that are equal in every letter count as given twice. An
/// unwanted one: where case does not matter, that is so for ASCII letters only.
IniDocument parse_ini(std::string_view bytes);

} // namespace eventsgw
