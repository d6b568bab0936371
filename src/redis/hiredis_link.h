// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "redis/link.h"

#include <cstddef>

namespace eventsgw {

class Loop;

/// The real links: hiredis, from 0.14 to 1.x, on the loop. hiredis has no limit to what it collects for one answer or
/// message, so a link ends when more than `max_bytes` of an unfinished one have come.
LinkFactory make_hiredis_links(Loop& loop, std::size_t max_bytes);

} // namespace eventsgw
