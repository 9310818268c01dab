"""In the platform's AsyncAPI document the contracts accept and refuse what they do by themselves."""

from typing import Any

import pytest
from jsonschema import Draft7Validator

from emitra_contracts import events, examples, future_examples, schema
from emitra_contracts.asyncapi import platform_document


def key(name: str) -> str:
    return name.replace(".", "-")


def of_service(service: str, *published: str) -> dict[str, Any]:
    """The parts of `<service> asyncapi` that these tests need."""
    messages = {key(event): {"$ref": f"#/components/messages/{key(event)}"} for event in published}
    return {
        "channels": {"events-log": {"address": "events.log", "messages": messages}},
        "operations": {key(f"{service}.publish.{event}"): {"action": "send"} for event in published},
        "components": {
            "messages": {
                key(event): {
                    "name": event,
                    "payload": {
                        "allOf": [
                            {"$ref": "urn:emitra:events:envelope"},
                            {"properties": {"data": {"$ref": schema(event)["$id"]}}},
                        ]
                    },
                }
                for event in published
            }
        },
    }


@pytest.fixture
def document() -> dict[str, Any]:
    return platform_document([of_service("one", *events()[::2]), of_service("other", *events()[1::2])])


def payload_of(document: dict[str, Any], event: str) -> Draft7Validator:
    """AsyncAPI 3.0 has schemas of draft 7, whose references lead through the whole document."""
    return Draft7Validator(
        {**document["components"]["messages"][key(event)]["payload"], "components": document["components"]}
    )


@pytest.mark.parametrize("event", events())
def test_a_payload_takes_every_example_and_no_broken_one(document: dict[str, Any], event: str) -> None:
    validator = payload_of(document, event)
    for example in [*examples(event), *future_examples(event)]:
        validator.validate(example)
        assert not validator.is_valid({**example, "specversion": "2"})
        for required in schema(event)["required"]:
            data = {name: value for name, value in example["data"].items() if name != required}
            assert not validator.is_valid({**example, "data": data}), required


def test_money_is_still_held_to_whole_paise(document: dict[str, Any]) -> None:
    example = examples("payment.failed.v1")[0]
    wrong = {**example, "data": {**example["data"], "total": {"amount": -1, "currency": "INR"}}}
    assert not payload_of(document, "payment.failed.v1").is_valid(wrong)


def test_every_message_has_its_examples_and_the_log_holds_all(document: dict[str, Any]) -> None:
    for event in events():
        shown = [example["payload"] for example in document["components"]["messages"][key(event)]["examples"]]
        assert shown == examples(event)
    assert set(document["channels"]["events-log"]["messages"]) == set(map(key, events()))


def test_an_address_without_a_contract_is_refused() -> None:
    stray = of_service("one", "payment.failed.v1")
    stray["components"]["messages"]["payment-failed-v1"]["payload"] = {"$ref": "urn:emitra:events:nothing"}
    with pytest.raises(KeyError, match="events:nothing"):
        platform_document([stray])
