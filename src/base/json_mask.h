// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace eventsgw {

/// Whether a member of this name holds what is not for everybody's eyes: a name that ends in password, secret, token,
/// key, pass or session_id, in whatever case.
bool is_secret_name(std::string_view name);

/// A JSON text with "***" in the place of the value of each member with a secret name, at any depth, and of each string
/// with a brace or a bracket and the ending of such a name in it, which may be JSON of its own; every other byte is as
/// it was. Nothing when `text` is not strict JSON. No tree is built, and nothing is printed anew.
std::optional<std::string> mask_secrets(std::string_view text);

/// For a text that is no JSON, so that nobody can tell what is the secret of it: "***" where a secret name's ending is
/// anywhere in it, in whatever case, escaped or not; else the text.
std::string_view hide_secrets(std::string_view text);

} // namespace eventsgw
