// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (C) 2026 eventsgw contributors

#pragma once

#include "redis/link.h"

namespace eventsgw {

class Loop;

/// The real links: hiredis, from 0.14 to 1.x, on the loop.
LinkFactory make_hiredis_links(Loop& loop);

} // namespace eventsgw
