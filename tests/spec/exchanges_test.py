#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds what tests exchanged with a cloud against the cloud's own specification: the requests of
its driver, the answers of what plays the cloud, and the recorded exchanges in tests/data.

Usage: exchanges_test.py CLOUD KEPT-EXCHANGES...
"""

import collections
import dataclasses
import sys

from clouds import CLOUDS, ROOT
from exchanges import read_kept, read_recorded
from specification import Refused

ELSEWHERE = "(not specified)"


def complaints(specification, exchange):
    """What the specification does not allow of it."""
    checks = [specification.check_request] * exchange.is_drivers
    checks += [specification.check_response] * exchange.is_answered
    for check in checks:
        try:
            check(exchange)
        except Refused as error:
            yield str(error)


class Tally:
    """What was seen of each operation, and what was wrong."""

    def __init__(self, specification):
        self.specification = specification
        self.asked = collections.Counter()  # operation: requests of the driver
        self.simulated = collections.defaultdict(collections.Counter)  # operation: statuses
        self.recorded = collections.defaultdict(collections.Counter)
        self.left_out = collections.Counter()  # why an answer was not looked at
        self.failures = collections.defaultdict(list)  # what is wrong: where

    def operation_of(self, exchange):
        try:
            return self.specification.find(exchange.method, exchange.path).name
        except Refused:
            return ELSEWHERE

    def add(self, exchange):
        name = self.operation_of(exchange)
        if exchange.is_drivers:
            self.asked[name] += 1
        if exchange.is_answered:
            answers = self.simulated if exchange.is_simulated else self.recorded
            answers[name][exchange.status] += 1
        else:
            self.left_out[exchange.fault or ("html" if exchange.status else "no answer")] += 1
        for complaint in complaints(self.specification, exchange):
            self.failures[f"{exchange.method} {name}: {complaint}"].append(exchange.origin)

    def print(self):
        print("operation: requests of the driver; answers of the simulated cloud; in tests/data")
        for name in sorted({*self.asked, *self.simulated, *self.recorded}):
            print(f"  {name}: {self.asked[name]}; {counts(self.simulated[name])}; "
                  f"{counts(self.recorded[name])}")
        print(f"  no answers of the cloud: {counts(self.left_out)}")


def counts(counter):
    return ", ".join(f"{count} x {what}" for what, count in sorted(counter.items())) or "-"


def read_all(cloud, paths):
    exchanges = []
    for path in paths:
        kept = read_kept(path, cloud.name)
        if not kept:
            sys.exit(f"{path}: holds nothing of {cloud.name}")
        exchanges += kept
    for path in sorted((ROOT / "tests/data" / cloud.name).glob("*.http")):
        exchanges += read_recorded(path, cloud.base_url)
    return exchanges


def tally(specification, exchanges):
    counted = Tally(specification)
    for exchange in exchanges:
        counted.add(exchange)
    return counted


def coverage_failures(cloud, counted):
    """The lists in clouds.py are what is true: nothing that was not seen, and nothing else."""
    for who, listed, seen in (("driver", cloud.driver, set(counted.asked)),
                              ("simulator", cloud.simulator, set(counted.simulated))):
        for name in sorted(listed - seen):
            yield f"{who}: {name} was not seen"
        for name in sorted(seen - listed - {ELSEWHERE}):
            yield f"{who}: {name} was seen, and is not listed"


def all_failures(cloud, exchanges, counted):
    for what, where in sorted(counted.failures.items()):
        yield f"{what} ({len(where)} times, first at {where[0]})"
    yield from coverage_failures(cloud, counted)
    unlike = {dataclasses.replace(each, origin="") for each in exchanges}
    for difference in cloud.differences:
        specification = cloud.specification(without=difference)
        if not any(any(complaints(specification, each)) for each in unlike):
            yield f"no exchange needs the difference: {difference.what}"


def main(name, paths):
    cloud = CLOUDS[name]
    exchanges = read_all(cloud, paths)
    counted = tally(cloud.specification(), exchanges)
    counted.print()
    failures = list(all_failures(cloud, exchanges, counted))
    for failure in failures:
        print("FAILED:", failure)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
