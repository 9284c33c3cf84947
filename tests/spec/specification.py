# SPDX-License-Identifier: GPL-2.0-or-later
"""A cloud's specification, as scripts/reduce-spec left it, and what it says of an exchange. What is
valid is decided by python3-jsonschema; this finds the schema that an exchange has to be held
against.

Two things are stricter here than in the specifications: an object that lists its members has no
others, and dates are looked at. Both would let mistakes pass that no cloud would."""

import copy
import json
import re
import urllib.parse
from datetime import datetime

from jsonschema import Draft202012Validator, FormatChecker

FORMATS = FormatChecker(formats=())
# How to show it; and of calls that are not ours.
UNCHECKED_FORMATS = {"password", "ipv4network", "uri"}


@FORMATS.checks("date-time", raises=ValueError)
def is_date_time(value):
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


class Refused(Exception):
    """The specification does not allow it, and why."""


def close(schema):
    """Forbids, in place, members that `schema` does not list."""
    if isinstance(schema, list):
        for each in schema:
            close(each)
    if not isinstance(schema, dict):
        return
    if schema.get("properties"):
        schema.setdefault("additionalProperties", False)
    if isinstance(schema.get("format"), str):
        assert schema["format"] in {*FORMATS.checkers, *UNCHECKED_FORMATS}, schema["format"]
    for each in schema.values():
        close(each)


def convert(text, schema):
    """What `text`, from a path or query, stands for. What it does not fit stays text: no match."""
    kind = schema.get("type")
    if kind == "integer" and re.fullmatch(r"-?\d+", text):
        return int(text)
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    return text


class Operation:
    """One verb of one path, and what stands in the path for its parameters."""

    def __init__(self, node, path_values):
        self.node = node
        self.name = node["operationId"]
        self.path_values = path_values

    def parameters(self, place):
        return {each["name"]: each for each in self.node.get("parameters", [])
                if each["in"] == place}


class Specification:
    def __init__(self, document, prefix=""):
        """`prefix` is what the paths have before what is below the API's base."""
        self.document = copy.deepcopy(document)
        close(self.document)
        self.prefix = prefix
        self.schemas = self.document["components"]["schemas"]
        self.elsewhere = {}  # answers to paths and verbs that are not specified, by status
        self.validators = {}
        self.templates = {path: self.pattern_of(path) for path in self.document["paths"]}

    def operations(self):
        for path in self.document["paths"].values():
            yield from path.values()

    def operation(self, name):
        return next(each for each in self.operations() if each["operationId"] == name)

    @staticmethod
    def pattern_of(template):
        parts = re.split(r"\{(\w+)\}", template)
        return re.compile("".join(f"(?P<{part}>[^/]+)" if number % 2 else re.escape(part)
                                  for number, part in enumerate(parts)))

    def find(self, method, path):
        """Of several templates that fit the one with fewest parameters. Raises Refused."""
        found = []
        for template, pattern in self.templates.items():
            match = pattern.fullmatch(self.prefix + path)
            if match:
                found.append((len(match.groupdict()), template, match.groupdict()))
        if not found:
            raise Refused(f"no such path: {path}")
        _, template, values = min(found, key=lambda each: each[0])
        verbs = self.document["paths"][template]
        if method.lower() not in verbs:
            raise Refused(f"{path} has no {method}")
        values = {name: urllib.parse.unquote(value) for name, value in values.items()}
        return Operation(verbs[method.lower()], values)

    def validate(self, value, schema, what):
        key = id(schema)
        if key not in self.validators:
            # All that it refers to is in the same document.
            whole = {**schema, "components": {"schemas": self.schemas}}
            self.validators[key] = Draft202012Validator(whole, format_checker=FORMATS)
        errors = {describe(each) for each in self.validators[key].iter_errors(value)}
        if errors:
            raise Refused(f"{what}: " + "; ".join(sorted(errors)))

    def check_parameters(self, given, known, place):
        for name, parameter in known.items():
            if parameter["required"] and name not in given:
                raise Refused(f"{place}: {name} is missing")
        for name, texts in given.items():
            if name not in known:
                raise Refused(f"{place}: unknown parameter {name}")
            schema = known[name]["schema"]
            if schema.get("type") == "array":
                value = [convert(each, schema["items"]) for each in texts]
            elif len(texts) == 1:
                value = convert(texts[0], schema)
            else:
                raise Refused(f"{place}: {name} is given more than once")
            self.validate(value, schema, f"{place}: {name}")

    def check_content(self, content, kind, body, what):
        kind = kind.partition(";")[0].strip().lower()
        if kind not in content:
            raise Refused(f"{what}: {kind or 'nothing'} is not among {', '.join(content)}")
        value = body
        if kind == "application/json":
            try:
                value = json.loads(body)
            except ValueError as error:
                raise Refused(f"{what}: no JSON: {error}") from None
        self.validate(value, content[kind]["schema"], what)

    def check_request(self, exchange):
        """The operation that is asked for. Raises Refused."""
        operation = self.find(exchange.method, exchange.path)
        in_path = {name: [value] for name, value in operation.path_values.items()}
        self.check_parameters(in_path, operation.parameters("path"), "path")
        self.check_parameters(exchange.query, operation.parameters("query"), "query")
        body = operation.node.get("requestBody")
        if not body and exchange.request:
            raise Refused(f"request: {operation.name} takes no body")
        if body and (exchange.request or body["required"]):
            self.check_content(body["content"], "application/json", exchange.request, "request")
        return operation

    def check_response(self, exchange):
        """Raises Refused. Of a path or verb that is not specified, what the cloud says to those."""
        try:
            operation = self.find(exchange.method, exchange.path)
            name, known = operation.name, operation.node["responses"]
        except Refused as error:
            name, known = str(error), self.elsewhere
        response = known.get(str(exchange.status))
        if response is None:
            raise Refused(f"{name}: status {exchange.status} is not documented")
        if response["content"]:
            self.check_content(response["content"], exchange.type, exchange.response, "answer")


def describe(error):
    """The innermost reasons where a value fits none of several schemas."""
    texts = set()
    for each in error.context or [error]:
        place = "/".join("*" if isinstance(part, int) else part for part in each.absolute_path)
        # It begins with the value, which may be long, and ends with the reason.
        message = each.message
        if len(message) > 200:
            message = f"{message[:50]} ... {message[-100:]}"
        texts.add(f"{place or 'all of it'}: {message}")
    return " or ".join(sorted(texts))
