# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 eventsgw contributors
"""What lies in a gateway's journal, read as another process may."""

import contextlib
import os
import sqlite3

WAITING = (
    "SELECT payload FROM work JOIN event ON event.number = work.event"
    " WHERE work.number > (SELECT value FROM meta WHERE key = 'confirmed') ORDER BY work.number"
)


def rows(path, query):
    """None where there is no file, or the tables are still to be made."""
    if not os.path.exists(path):
        return []
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as database:
        if not database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            return []
        return database.execute(query).fetchall()


@contextlib.contextmanager
def held(path):
    """Whoever wants to write to it waits until the end of this, as for a slow disk; a gateway does so for five seconds."""
    with contextlib.closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        yield
        database.execute("ROLLBACK")


def stored_payloads(path):
    """The payloads of the tasks that wait on disk, in their order."""
    return [row[0] for row in rows(path, WAITING)]
