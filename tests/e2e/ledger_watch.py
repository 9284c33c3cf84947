# SPDX-License-Identifier: GPL-2.0-or-later
"""The ledger, read while the broker writes it: so a test knows how far an order has come, and kills
at that point and no other."""

import contextlib
import sqlite3

LIVE = "state NOT IN ('gone', 'refused')"


class LedgerWatch:
    def __init__(self, cluster):
        self.address = f"file:{cluster.layout.path('ledger.db')}?mode=ro"

    def _count(self, question):
        with contextlib.closing(sqlite3.connect(self.address, uri=True, timeout=10)) as ledger:
            return ledger.execute(f"SELECT count(*) FROM {question}").fetchone()[0]

    def permissions(self):
        return self._count("permission")

    def machines(self, condition="1"):
        """How many machines are on their way, here or going, of which this is true."""
        return self._count(f"machine WHERE {LIVE} AND {condition}")

    def unanswered(self):
        return self.machines("state = 'ordered' AND provider_id = ''")

    def in_state(self, state):
        return self.machines(f"state = '{state}'")

    def asked_to_end(self):
        """Machines whose end was asked for, and is not known to be accepted."""
        return self.machines("state = 'releasing' AND releases_asked > 0 AND billed_to IS NULL")

    def accepted_to_end(self):
        return self.machines("state = 'releasing' AND billed_to IS NOT NULL")
