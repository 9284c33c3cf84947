# SPDX-License-Identifier: GPL-2.0-or-later
"""What was exchanged with a cloud, from the two forms in which tests keep it: the lines that
tests/support/kept_exchanges.h writes, and the files that tests/support/recorded_exchange.h
plays."""

import dataclasses
import json
import pathlib
import urllib.parse


@dataclasses.dataclass(frozen=True)
class Exchange:
    origin: str  # file and line
    is_drivers: bool  # the request is a driver's; a test's may be wrong on purpose
    is_simulated: bool  # the answer is the simulated cloud's; else it stands in a file
    method: str
    target: str  # path and query, below the base of the API
    request: str = ""
    status: int = 0  # 0: no answer came
    type: str = "application/json"
    response: str = ""
    fault: str = ""  # why the answer is none of the cloud's

    @property
    def path(self):
        return self.target.partition("?")[0]

    @property
    def query(self):
        """The values of each name."""
        return urllib.parse.parse_qs(self.target.partition("?")[2], keep_blank_values=True,
                                     strict_parsing="?" in self.target)

    @property
    def is_answered(self):
        """By the cloud, or what plays it. What proxies put before clouds is HTML."""
        return self.status != 0 and not self.fault and not self.type.startswith("text/html")


def read_kept(path, cloud):
    exchanges = []
    for number, line in enumerate(pathlib.Path(path).read_text(encoding="utf-8").splitlines(), 1):
        kept = json.loads(line)
        if kept.pop("provider") == cloud:
            is_drivers = kept.pop("by") == "driver"
            origin = f"{pathlib.Path(path).name}:{number}"
            exchanges.append(Exchange(origin, is_drivers, is_simulated=True, **kept))
    return exchanges


def split_message(lines):
    """First line, headers, body."""
    blank = lines.index("") if "" in lines else len(lines)
    headers = dict(line.split(": ", 1) for line in lines[1:blank])
    return lines[0], headers, "\n".join(lines[blank + 1:])


def read_recorded(path, base_url):
    """What a driver must send, and what it is told in return."""
    messages = []  # line number, direction, lines
    text = pathlib.Path(path).read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line[0] in "#+":  # what a line with + stands for is a file of its own
            continue
        if not messages or messages[-1][1] != line[0]:
            messages.append((number, line[0], []))
        messages[-1][2].append(line[2:])
    assert len(messages) % 2 == 0, f"{path}: something is not answered"
    return [make_recorded(f"{pathlib.Path(path).name}:{sent[0]}", sent[2], answered[2], base_url)
            for sent, answered in zip(messages[::2], messages[1::2])]


def make_recorded(origin, sent, answered, base_url):
    first, _, request = split_message(sent)
    method, url = first.split(" ", 1)
    assert url.startswith(base_url), f"{origin}: {url} is not below {base_url}"
    status, headers, response = split_message(answered)
    return Exchange(origin, is_drivers=True, is_simulated=False, method=method,
                    target=url[len(base_url):], request=request,
                    status=0 if status.startswith("!") else int(status),
                    type=headers.get("content-type", ""), response=response)
