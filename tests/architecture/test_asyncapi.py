"""The AsyncAPI documents: valid by the specification, whole, and what the services' own tables say."""

import warnings
from collections.abc import Iterator
from functools import cache
from typing import Any

import yaml

from emitra_contracts.asyncapi import platform_document
from tests.architecture.conftest import SERVICES, asked, printed

with warnings.catch_warnings():
    # Its own models shadow a name of pydantic's; here warnings are errors.
    warnings.simplefilter("ignore", UserWarning)
    from asyncapi3 import AsyncAPI3


@cache
def document() -> dict[str, Any]:
    """As `make documents` builds it."""
    return platform_document(yaml.load(printed(service, "asyncapi"), yaml.CSafeLoader) for service in SERVICES)


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for item in node:
            yield from references(item)


def test_the_platforms_document_is_valid() -> None:
    AsyncAPI3.model_validate(document())


def test_each_services_own_document_is_valid(service: str) -> None:
    AsyncAPI3.model_validate(yaml.load(printed(service, "asyncapi"), yaml.CSafeLoader))


def test_every_reference_leads_somewhere_in_the_document() -> None:
    whole = document()
    all_references = set(references(whole))
    assert len(all_references) > len(whole["channels"])
    for reference in all_references:
        assert reference.startswith("#/"), reference
        there: Any = whole
        for step in reference.removeprefix("#/").split("/"):
            assert step in there, reference
            there = there[step]


def test_every_event_that_flows_is_an_operation() -> None:
    declared = set()
    for service in SERVICES:
        events = asked(service, "events")
        declared |= {("send", event) for event in events["publishes"]}
        declared |= {("receive", f"{service}.{consumed['event']}") for consumed in events["consumes"]}
    whole = document()
    documented = set()
    for operation in whole["operations"].values():
        channel = whole["channels"][operation["channel"]["$ref"].removeprefix("#/channels/")]
        documented.add((operation["action"], channel["address"]))
    assert documented == declared
