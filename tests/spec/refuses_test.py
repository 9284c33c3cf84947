#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The checks of exchanges_test.py refuse what is wrong, for the reason that is wrong with it."""

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import unittest

from clouds import CLOUDS, HYPERSTACK, LAMBDA
from exchanges import Exchange
from exchanges_test import all_failures, tally
from specification import Refused

GONE = object()  # in place of a value: the member is not there


def changed(value, changes):
    """A copy of `value` whose members at the places in `changes` ("a/0/b") are others."""
    value = json.loads(json.dumps(value))
    for place, new in changes.items():
        *way, last = [int(part) if part.isdigit() else part for part in place.split("/")]
        parent = value
        for part in way:
            parent = parent[part]
        if new is GONE:
            del parent[last]
        else:
            parent[last] = new
    return json.dumps(value)


def asked(method, target, request=""):
    return Exchange("table", True, True, method, target, request)


def answered(question, status, response, kind="application/json"):
    method, target = question.split(" ")
    return Exchange("table", False, True, method, target, "", status, kind, response)


class CloudTest(unittest.TestCase):
    def refused(self, check, exchange, reason):
        with self.subTest(reason=reason, exchange=exchange):
            with self.assertRaisesRegex(Refused, reason):
                check(exchange)


class LambdaTest(CloudTest):
    LAUNCH = {"region_name": "us-east-1", "instance_type_name": "gpu_1x_a10",
              "ssh_key_names": ["ops"], "name": "a", "hostname": "a", "image": {"family": "f"},
              "user_data": "#!/bin/sh\n", "tags": [{"key": "ab", "value": ""}]}
    REGION = {"name": "us-east-1", "description": "Virginia, USA"}
    TYPE = {"name": "t", "description": "d", "gpu_description": "g", "price_cents_per_hour": 75,
            "specs": {"vcpus": 30, "memory_gib": 226, "storage_gib": 1400, "gpus": 1}}
    YES = {"available": True}
    INSTANCE = {"data": {
        "id": "1", "status": "active", "ssh_key_names": ["ops"], "file_system_names": [],
        "region": REGION, "instance_type": TYPE, "first_healthy": "2026-11-24T11:32:47Z",
        "actions": {"migrate": YES, "rebuild": YES, "restart": YES, "cold_reboot": YES,
                    "terminate": YES}}}
    ERROR = {"error": {"code": "global/quota-exceeded", "message": "m", "suggestion": "s"}}

    def setUp(self):
        self.specification = LAMBDA.specification()

    def test_good_ones_are_taken(self):
        for request in (asked("POST", "/instance-operations/launch", json.dumps(self.LAUNCH)),
                        asked("GET", "/instances?cluster_id=a%2Fb"), asked("GET", "/instances/a"),
                        asked("DELETE", "/ssh-keys/a")):
            self.specification.check_request(request)
        for answer in (answered("GET /instances/1", 200, json.dumps(self.INSTANCE)),
                       answered("GET /instances/1", 200, json.dumps(self.INSTANCE),
                                "application/json; charset=utf-8"),
                       answered("POST /instance-operations/launch", 400, json.dumps(self.ERROR)),
                       answered("GET /regions", 429, "slow down", "text/plain")):
            self.specification.check_response(answer)

    def test_launches_of_wrong_form_are_refused(self):
        for changes, reason in (
                ({"region_name": GONE}, "all of it: 'region_name' is a required property"),
                ({"ssh_key_names": GONE}, "'ssh_key_names' is a required property"),
                ({"region_name": 1}, "region_name: 1 is not of type 'string'"),
                ({"region_name": None}, "region_name: None is not of type 'string'"),
                ({"ssh_key_names": "ops"}, "ssh_key_names: 'ops' is not of type 'array'"),
                ({"ssh_key_names/0": 7}, r"ssh_key_names/\*: 7 is not of type 'string'"),
                ({"name": "a" * 65}, "name: .* is too long"),
                ({"hostname": "A"}, "hostname: 'A' does not match"),
                ({"hostname": ""}, "hostname: '' (is too short|should be)"),
                ({"tags/0/key": "a_b"}, r"tags/\*/key: 'a_b' does not match"),
                ({"tags/0/key": GONE}, r"tags/\*: 'key' is a required property"),
                ({"tags/0/value": "a" * 129}, r"tags/\*/value: .* is too long"),
                ({"image": {}}, "'family' is a required property or image: 'id' is a required"),
                ({"user_date": ""}, "'user_date' was unexpected")):
            body = changed(self.LAUNCH, changes)
            self.refused(self.specification.check_request,
                         asked("POST", "/instance-operations/launch", body), reason)

    def test_requests_of_wrong_form_are_refused(self):
        launch = json.dumps(self.LAUNCH)
        for method, target, body, reason in (
                ("GET", "/nothing", "", "no such path: /nothing"),
                ("GET", "/regions/", "", "no such path: /regions/"),
                ("GET", "/api/v1/regions", "", "no such path"),
                ("GET", "/instances/a/b", "", "no such path"),
                ("POST", "/launch", launch, "no such path"),
                ("GET", "/instance-operations/launch", "", "launch has no GET"),
                ("PUT", "/instance-operations/launch", launch, "has no PUT"),
                ("POST", "/instance-operations/launch", "", "request: no JSON"),
                ("POST", "/instance-operations/launch", launch[:-1], "request: no JSON"),
                ("POST", "/instance-operations/launch", f"[{launch}]", "is not of type 'object'"),
                ("GET", "/instances", "{}", "listInstances takes no body"),
                ("GET", "/instances?cluster=a", "", "query: unknown parameter cluster"),
                ("GET", "/instances?cluster_id=a&cluster_id=b", "", "given more than once"),
                ("GET", "/regions?region=a", "", "query: unknown parameter region")):
            self.refused(self.specification.check_request, asked(method, target, body), reason)

    def test_instances_of_wrong_form_are_refused(self):
        for changes, reason in (
                ({"data": GONE}, "all of it: 'data' is a required property"),
                ({"data": []}, r"data: \[\] is not of type 'object'"),
                ({"data/id": GONE}, "data: 'id' is a required property"),
                ({"data/id": 1}, "data/id: 1 is not of type 'string'"),
                ({"data/status": "asleep"}, "data/status: 'asleep' is not one of"),
                ({"data/ip": None}, "data/ip: None is not of type 'string'"),
                ({"data/user_data": "x"}, "'user_data' was unexpected"),
                ({"data/actions/restart": GONE}, "data/actions: 'restart' is a required property"),
                ({"data/actions/restart": True}, "data/actions/restart: True is not of type"),
                ({"data/instance_type/price_cents_per_hour": 7.5}, "7.5 is not of type 'integer'"),
                ({"data/instance_type/specs/gpus": "8"}, "specs/gpus: '8' is not of type"),
                ({"data/first_healthy": "2026-11-24T11:32:47"}, "is not a 'date-time'"),
                ({"data/first_healthy": "soon"}, "'soon' is not a 'date-time'"),
                ({"more": 1}, "'more' was unexpected")):
            body = changed(self.INSTANCE, changes)
            self.refused(self.specification.check_response,
                         answered("GET /instances/1", 200, body), reason)

    def test_answers_that_do_not_fit_their_operation_are_refused(self):
        launch = "POST /instance-operations/launch"
        error = json.dumps(self.ERROR)
        conflict = changed(self.ERROR, {"error/code": "global/conflict"})
        for question, status, body, kind, reason in (
                (launch, 402, error, "application/json", "launchInstance: status 402 is not docu"),
                (launch, 307, "", "", "status 307 is not documented"),
                (launch, 201, '{"data":{"instance_ids":["1"]}}', "application/json", "status 201"),
                (launch, 200, error, "application/json", "'data' is a required property"),
                (launch, 400, conflict, "application/json", "error/code: .* was expected"),
                (launch, 400, "{}", "application/json", "'error' is a required property"),
                (launch, 400, error, "text/plain", "text/plain is not among application/json"),
                (launch, 400, error, "", "nothing is not among application/json"),
                (launch, 400, error[:20], "application/json", "answer: no JSON"),
                (launch, 400, "", "application/json", "answer: no JSON"),
                (launch, 500, error, "application/json", "error/code: .* was expected"),
                ("GET /regions", 429, error, "application/json", "not among text/plain"),
                ("GET /regions", 400, error, "application/json", "status 400 is not documented"),
                ("GET /nothing", 200, "{}", "application/json", "status 200 is not documented"),
                ("GET /nothing", 404, error, "application/json", "error/code: .* was expected"),
                ("PUT /regions", 405, error, "application/json", "regions has no PUT: status")):
            self.refused(self.specification.check_response,
                         answered(question, status, body, kind), reason)


class HyperstackTest(CloudTest):
    CREATE = {"name": "a", "environment_name": "e", "flavor_name": "f", "key_name": "k", "count": 1,
              "image_name": "i", "labels": ["a=b"], "assign_floating_ip": True}
    INSTANCE = {"id": 7, "name": "a", "status": "CREATING", "fixed_ip": None, "labels": [],
                "contract_id": None, "created_at": "2026-05-06T15:18:42Z"}
    MADE = {"status": True, "message": "m", "instances": [INSTANCE]}
    ERROR = {"status": False, "message": "m", "error_reason": "bad_request"}
    PRICE = [{"id": 7, "name": "n", "value": "2.5", "original_value": "2", "end_time": None}]

    def setUp(self):
        self.specification = HYPERSTACK.specification()

    def test_good_ones_are_taken(self):
        for request in (asked("POST", "/core/virtual-machines", json.dumps(self.CREATE)),
                        asked("GET", "/core/virtual-machines?page=1&pageSize=100"),
                        asked("GET", "/core/virtual-machines?exact_environment_match=true"),
                        asked("GET", "/core/virtual-machines?exclude_firewalls=1"
                                     "&exclude_firewalls=2"),
                        asked("GET", "/core/virtual-machines/name-availability/a"),
                        asked("DELETE", "/core/virtual-machines/7")):
            self.specification.check_request(request)
        for question, status, body in (("POST /core/virtual-machines", 200, self.MADE),
                                       ("POST /core/virtual-machines", 200, self.ERROR),
                                       ("POST /core/virtual-machines", 409, self.ERROR),
                                       ("GET /pricebook", 200, self.PRICE),
                                       ("GET /pricebook", 200, self.ERROR)):
            self.specification.check_response(answered(question, status, json.dumps(body)))

    def test_orders_of_wrong_form_are_refused(self):
        for changes, reason in (
                ({"key_name": GONE}, "'key_name' is a required property"),
                ({"count": GONE}, "'count' is a required property"),
                ({"count": "1"}, "count: '1' is not of type 'integer'"),
                ({"name": "a" * 51}, "name: .* is too long"),
                ({"labels": {"a": "b"}}, "labels: .* is not of type 'array'"),
                ({"labels/0": 1}, r"labels/\*: 1 is not of type 'string'"),
                ({"assign_floating_ip": "true"}, "'true' is not of type 'boolean'"),
                ({"security_rules": [{"protocol": "tcp"}]}, "'direction' is a required property"),
                ({"security_rules": [{"protocol": "http"}]}, "'http' is not one of"),
                ({"region": "CANADA-1"}, "'region' was unexpected")):
            body = changed(self.CREATE, changes)
            self.refused(self.specification.check_request,
                         asked("POST", "/core/virtual-machines", body), reason)

    def test_requests_of_wrong_form_are_refused(self):
        for method, target, reason in (
                ("GET", "/core/virtual-machine", "no such path"),
                ("GET", "/core/virtual-machines/7/explode", "no such path"),
                ("GET", "/core/volumes", "no such path"),
                ("POST", "/core/virtual-machines/7/start", "has no POST"),
                ("DELETE", "/core/virtual-machines", "has no DELETE"),
                ("GET", "/core/virtual-machines/seven", "vm_id: .*'seven' is not of type"),
                ("GET", "/core/virtual-machines?page=one", "page: .*'one' is not of type"),
                ("GET", "/core/virtual-machines?page_size=1", "unknown parameter page_size"),
                ("GET", "/core/virtual-machines?exclude_firewalls=a", "'a' is not of type"),
                ("GET", "/core/virtual-machines?exact_environment_match=1", "is not of type"),
                ("GET", "/core/stocks?region=CANADA-1", "unknown parameter region")):
            self.refused(self.specification.check_request, asked(method, target), reason)

    def test_answers_of_wrong_form_are_refused(self):
        create = "POST /core/virtual-machines"
        for question, status, body, reason in (
                (create, 200, changed(self.MADE, {"instances": {}}), "is not of type 'array'"),
                (create, 200, changed(self.MADE, {"instances/0/id": "7"}), "not of type 'integer'"),
                (create, 200, changed(self.MADE, {"instances/0/id": None}), "id: None is not"),
                (create, 200, changed(self.MADE, {"instances/0/ip": "a"}), "'ip' was unexpected"),
                (create, 200, changed(self.MADE, {"instances/0/created_at": "2026-05-06T15:18:42"}),
                 "is not a 'date-time'"),
                (create, 200, changed(self.MADE, {"status": False}), "'instances' was unexpected"),
                (create, 201, json.dumps(self.MADE), "status 201 is not documented"),
                (create, 402, json.dumps(self.ERROR), "status 402 is not documented"),
                (create, 400, json.dumps(self.MADE), "'instances' was unexpected"),
                (create, 400, changed(self.ERROR, {"message": 1}), "message: 1 is not of type"),
                ("GET /pricebook", 200, json.dumps(self.PRICE[0]), "is not of type 'array'"),
                ("GET /pricebook", 200, changed(self.PRICE, {"0/value": "dear"}), "does not match"),
                ("GET /pricebook", 200, changed(self.PRICE, {"0/value": None}), "is not of type"),
                ("DELETE /core/virtual-machines", 404, json.dumps(self.MADE), "was unexpected")):
            self.refused(self.specification.check_response,
                         answered(question, status, body), reason)


class CoverageTest(unittest.TestCase):
    def test_nothing_seen_is_a_failure(self):
        for cloud in CLOUDS.values():
            failures = list(all_failures(cloud, [], tally(cloud.specification(), [])))
            self.assertEqual(len(failures), len(cloud.driver) + len(cloud.simulator) +
                             len(cloud.differences), cloud.name)

    def test_operation_that_is_not_listed_is_a_failure(self):
        exchange = asked("DELETE", "/ssh-keys/a")
        failures = all_failures(LAMBDA, [exchange], tally(LAMBDA.specification(), [exchange]))
        self.assertIn("driver: deleteSSHKey was seen, and is not listed", failures)

    def test_wrong_exchange_is_told_with_its_origin(self):
        exchange = dataclasses.replace(asked("GET", "/nothing"), origin="file:7")
        failures = list(all_failures(LAMBDA, [exchange], tally(LAMBDA.specification(), [exchange])))
        self.assertIn("GET (not specified): no such path: /nothing (1 times, first at file:7)",
                      failures)

    def test_file_without_exchanges_of_the_cloud_ends_the_program(self):
        program = os.path.join(os.path.dirname(__file__), "exchanges_test.py")
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
            file.write('{"provider": "moon", "by": "driver"}\n')
            file.flush()
            ended = subprocess.run([sys.executable, "-B", program, "lambda", file.name],
                                   capture_output=True, text=True, check=False)
        self.assertEqual(ended.returncode, 1)
        self.assertIn("holds nothing of lambda", ended.stderr)


if __name__ == "__main__":
    unittest.main()
