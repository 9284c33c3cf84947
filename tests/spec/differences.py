# SPDX-License-Identifier: GPL-2.0-or-later
"""The ways in which a cloud differs from its specification, each a change of the specification
before anything is held against it. So what differs is checked, too."""

import dataclasses
import typing

from specification import Specification


@dataclasses.dataclass(frozen=True)
class Difference:
    what: str
    source: str  # where it was seen
    apply: typing.Callable[[Specification], None]


def text(**more):
    return {"type": "string", **more}


def ref(name):
    return {"$ref": f"#/components/schemas/{name}"}


def json_content(schema):
    return {"application/json": {"schema": schema}}


def member(schema, name, value, source):
    """An object has a member that is not specified."""
    def apply(specification):
        add(specification.schemas[schema]["properties"], name, value)
    return Difference(f"{schema}.{name}", source, apply)


def answer_member(operation, name, value, source):
    """The same of an answer whose schema bears no name."""
    def apply(specification):
        content = specification.operation(operation)["responses"]["200"]["content"]
        add(content["application/json"]["schema"]["properties"], name, value)
    return Difference(f"{name} in the answer of {operation}", source, apply)


def query(operation, name, schema, source):
    """A query has a parameter that is not specified."""
    def apply(specification):
        parameter = {"name": name, "in": "query", "required": False, "schema": schema}
        specification.operation(operation)["parameters"].append(parameter)
    return Difference(f"{name} in the query of {operation}", source, apply)


def also(schema, name, value, source):
    """A member may have another form, too."""
    def apply(specification):
        members = specification.schemas[schema]["properties"]
        members[name] = {"anyOf": [members[name], value]}
    return Difference(f"{schema}.{name} is also {value['type']}", source, apply)


def not_required(schema, name, source):
    """A member may be left out."""
    def apply(specification):
        specification.schemas[schema]["required"].remove(name)
    return Difference(f"{schema}.{name} is not required", source, apply)


def answer(operation, code, content, source):
    """An operation has an answer that is not specified."""
    def apply(specification):
        add(specification.operation(operation)["responses"], code, {"content": content})
    return Difference(f"status {code} of {operation}", source, apply)


def refusals_with_200(error, source):
    """What is refused may be told with HTTP's 200, and a status in the body that is false."""
    is_refusal = {"type": "object", "properties": {"status": {"const": False}},
                  "required": ["status"]}

    def apply(specification):
        for operation in specification.operations():
            success = operation["responses"].get("200", {"content": {}})
            for media in success["content"].values():
                media["schema"] = {"if": is_refusal, "then": error, "else": media["schema"]}
    return Difference("refusals with status 200", source, apply)


def status(code, content, source):
    """Any call may be answered so, if it is not specified how it is with that status."""
    def apply(specification):
        for operation in specification.operations():
            operation["responses"].setdefault(code, {"content": content})
    return Difference(f"status {code}", source, apply)


def elsewhere(code, content, source):
    """What is said to a path or verb that is not specified."""
    def apply(specification):
        specification.elsewhere[code] = {"content": content}
    return Difference(f"status {code} elsewhere", source, apply)


def add(members, name, value):
    assert name not in members, f"{name} is specified"
    members[name] = value
