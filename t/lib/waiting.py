# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""Waiting for a condition: the only place of the tests that polls."""

import os
import time

# How long a condition may take before a test gives up. Long, because it is only ever used up by a failure.
PATIENCE = float(os.environ.get("EVENTSGW_TEST_PATIENCE", "60"))


def wait_until(condition, what, deadline=PATIENCE):
    """Returns the first true value of condition(). `what`, a text or a function of one, says what was awaited."""
    end = time.monotonic() + deadline
    pause = 0.001
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= end:
            raise AssertionError(f"not within {deadline:g} s: {what() if callable(what) else what}")
        time.sleep(pause)
        pause = min(pause * 2, 0.05)
