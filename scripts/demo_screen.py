# SPDX-License-Identifier: GPL-2.0-or-later
"""What the demo shows: lines with a clock, and one live line below them while something boots.
Plain text when nobody watches: no colour, no line that is written over."""

import os
import sys
import textwrap
import threading
import time

_WIDTH = 92


class Screen:
    """A story with a clock, on one stream. Lines may come from several threads."""

    def __init__(self, stream=sys.stdout):
        self.stream = stream
        self.is_live = stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self.has_colour = self.is_live and not os.environ.get("NO_COLOR")
        self.started = time.monotonic()
        self.live_text = ""
        self.last_plain = ""
        self.lock = threading.Lock()

    def seconds(self):
        return time.monotonic() - self.started

    def _clock(self):
        minutes, seconds = divmod(int(self.seconds()), 60)
        return f"{minutes:02d}:{seconds:02d}"

    def _styled(self, text, code):
        return f"\033[{code}m{text}\033[0m" if self.has_colour else text

    def _line(self, text):
        with self.lock:
            if self.live_text:
                self.stream.write("\r\033[K")
                self.live_text = ""
            self.stream.write(text + "\n")
            self.stream.flush()

    def heading(self, text):
        self._line("\n" + self._styled(text, "1"))

    def typed(self, command):
        """What a person would type."""
        self._line(f"{self._clock()}  {self._styled('$ ' + command, '36')}")

    def said(self, text):
        """What happened."""
        self._line(f"{self._clock()}  {text}")

    def more(self, text):
        """What belongs to the line before."""
        for line in text.rstrip("\n").split("\n"):
            self._line(f"       {line}")

    def reason(self, text):
        """One reason for the line before, wrapped."""
        for line in textwrap.wrap(text, _WIDTH, initial_indent="- ", subsequent_indent="  "):
            self._line(f"       {line}")

    def good(self, text):
        self._line(f"{self._clock()}  {self._styled(text, '32')}")

    def bad(self, text):
        self._line(f"{self._clock()}  {self._styled(text, '31')}")

    def live(self, text, bar=None):
        """The line that changes while we wait. Without a terminal a text is written once."""
        if not self.is_live:
            if text != self.last_plain:
                self.last_plain = text
                self.said(text)
            return
        shown = f"{self._clock()}  {text}" + (f"  {_bar(*bar)}" if bar else "")
        with self.lock:
            self.live_text = shown
            self.stream.write(f"\r\033[K{shown}")
            self.stream.flush()


def _bar(done, whole, width=20):
    filled = 0 if whole == 0 else min(width, round(width * done / whole))
    return "[" + "#" * filled + " " * (width - filled) + "]"


def dollars(micros):
    return f"{micros / 1_000_000:,.2f}"


def table(rows, right=()):
    """Columns as wide as their widest cell; those in `right` are set flush right."""
    widths = [max(len(str(row[column])) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            str(cell).rjust(width) if column in right else str(cell).ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
