"""The data of the package is consistent with itself, and free of personal data."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from stdnum import luhn

from emitra_contracts import (
    UnknownEvent,
    entry,
    envelope_schema,
    events,
    examples,
    future_examples,
    glossary,
    producer,
    schema,
)
from emitra_contracts.validation import ContractViolation, validate_envelope, validate_produced

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

PERSONAL_WORDS = {
    "name", "names", "firstname", "surname", "aadhaar", "aadhar", "uid", "jan", "mobile", "phone",
    "telephone", "msisdn", "contact", "email", "address", "pincode", "house", "street", "dob", "birth",
    "born", "age", "gender", "sex", "caste", "religion", "father", "mother", "spouse", "husband", "wife",
    "guardian", "applicant", "citizen", "pan", "bank", "ifsc", "account", "upi", "vpa", "card", "otp",
    "password", "secret", "photo", "signature", "fingerprint", "lat", "lon", "latitude", "longitude", "ip",
    "remarks", "comment", "note", "text", "document", "customer", "consumer",
}  # fmt: skip

PUBLISHED = events()


def declared_properties(node: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        yield from node.get("properties", {}).items()
        for child in node.values():
            yield from declared_properties(child)


def words(name: str) -> set[str]:
    return set(re.split(r"[_\W]+", re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()))


def strings(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for child in node.values():
            yield from strings(child)
    elif isinstance(node, list):
        for child in node:
            yield from strings(child)


@pytest.mark.parametrize("event", PUBLISHED)
def test_an_event_is_named_by_subject_past_verb_and_major_version(event: str) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z]+(?:ed|wn)\.v[1-9][0-9]*", event)


@pytest.mark.parametrize("event", PUBLISHED)
def test_every_event_has_its_aggregate_among_its_required_fields(event: str) -> None:
    assert entry(event).aggregate_id in schema(event)["required"]
    assert entry(event).description.endswith(".")


@pytest.mark.parametrize("event", PUBLISHED)
def test_every_schema_is_valid_json_schema_and_carries_its_own_address(event: str) -> None:
    Draft202012Validator.check_schema(schema(event))
    assert schema(event)["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema(event)["$id"] == f"urn:emitra:events:{event}"
    assert schema(event)["title"] == event


def test_the_envelope_schema_is_valid_json_schema() -> None:
    Draft202012Validator.check_schema(envelope_schema())


@pytest.mark.parametrize("event", PUBLISHED)
def test_every_declared_object_says_that_it_is_open_to_additions(event: str) -> None:
    def objects(node: Any) -> Iterator[dict[str, Any]]:
        if isinstance(node, dict):
            if "properties" in node:
                yield node
            for child in node.values():
                yield from objects(child)

    for declared in objects(schema(event)):
        assert declared["type"] == "object"
        assert declared["additionalProperties"] is True
        assert set(declared["required"]) <= set(declared["properties"])


@pytest.mark.parametrize("event", PUBLISHED)
def test_no_schema_declares_a_property_that_sounds_personal(event: str) -> None:
    for name, _ in declared_properties(schema(event)):
        assert not words(name) & PERSONAL_WORDS, f"{event} declares {name}"


@pytest.mark.parametrize("name", ["name", "applicant_name", "aadhaar_number", "mobileNumber", "dob", "home_address"])
def test_the_personal_words_catch_a_personal_property(name: str) -> None:
    assert words(name) & PERSONAL_WORDS


@pytest.mark.parametrize("event", PUBLISHED)
def test_no_string_is_free_text_in_which_personal_data_could_travel(event: str) -> None:
    for name, declared in declared_properties(schema(event)):
        if "string" in declared.get("type", ""):
            assert {"pattern", "enum"} & set(declared), f"{event}: {name} accepts any text"


@pytest.mark.parametrize("event", PUBLISHED)
def test_every_property_is_described(event: str) -> None:
    for name, declared in declared_properties(schema(event)):
        assert declared.get("description") or "const" in declared, f"{event}: {name} is not described"


def test_a_field_of_the_same_name_has_the_same_form_in_every_event() -> None:
    forms = defaultdict(set)
    for event in PUBLISHED:
        for name, declared in declared_properties(schema(event)):
            # Reasons differ by event; whether the field may be null does too.
            form = {key: value for key, value in declared.items() if key not in {"description", "x-extensible-enum"}}
            if name == "amount" and form.get("type") == "integer":
                continue  # the paise inside money, whose form the next test compares
            if isinstance(form.get("type"), list):
                form["type"] = next(kind for kind in form["type"] if kind != "null")
            forms[name].add(json.dumps(form, sort_keys=True))
    assert {name: variants for name, variants in forms.items() if len(variants) > 1} == {}


def test_money_is_declared_in_the_same_words_everywhere() -> None:
    declared = {json.dumps(schema(event)["$defs"]) for event in PUBLISHED if "$defs" in schema(event)}
    assert len(declared) == 1


@pytest.mark.parametrize("event", PUBLISHED)
def test_every_event_has_two_examples_that_its_producer_could_have_made(event: str) -> None:
    assert len(examples(event)) >= 2
    for envelope in examples(event):
        assert envelope["type"] == f"org.emitra.{event}"
        validate_envelope(envelope)
        validate_produced(envelope)


@pytest.mark.parametrize("event", PUBLISHED)
def test_every_event_has_an_example_from_the_future_that_readers_accept_and_producers_may_not_send(
    event: str,
) -> None:
    assert future_examples(event)
    for envelope in future_examples(event):
        assert envelope["type"] == f"org.emitra.{event}"
        validate_envelope(envelope)
        with pytest.raises(ContractViolation) as refusal:
            validate_produced(envelope)
        assert {"/fromthefuture", "/data/from_the_future"} <= {problem.pointer for problem in refusal.value.problems}


@pytest.mark.parametrize("event", PUBLISHED)
def test_the_examples_show_null_wherever_null_is_allowed(event: str) -> None:
    nullable = {name for name, declared in schema(event)["properties"].items() if "null" in declared.get("type", "")}
    shown = {name for envelope in examples(event) for name, value in envelope["data"].items() if value is None}
    assert nullable == shown


def test_example_event_ids_are_all_different() -> None:
    ids = [envelope["id"] for event in PUBLISHED for envelope in examples(event)]
    assert len(ids) == len(set(ids))


def test_the_transaction_tokens_of_the_examples_have_a_right_check_character() -> None:
    tokens = {
        envelope["data"]["transaction_token"]
        for event in PUBLISHED
        for envelope in examples(event)
        if "transaction_token" in envelope["data"]
    }
    assert tokens
    for token in tokens:
        assert luhn.is_valid(token.removeprefix("EM"), CROCKFORD)


@pytest.mark.parametrize("event", PUBLISHED)
def test_the_examples_hold_no_bare_aadhaar_or_mobile_number(event: str) -> None:
    for envelope in examples(event) + future_examples(event):
        for text in strings(envelope):
            assert not re.search(r"(?<![0-9a-f_-])([6-9]\d{9}|\d{12})(?![0-9a-f-])", text)


def test_the_completed_examples_add_up() -> None:
    for envelope in examples("payment.completed.v1"):
        data = envelope["data"]
        assert data["bill"]["amount"] + data["service_charge"]["amount"] == data["total"]["amount"]


def test_an_event_that_is_not_published_is_unknown_everywhere() -> None:
    for ask in (schema, examples, future_examples, producer, entry):
        with pytest.raises(UnknownEvent, match=r"payment\.completed\.v1"):
            ask("payment.vanished.v1")


def test_what_a_caller_does_to_a_schema_does_not_change_the_next_one() -> None:
    schema("payment.completed.v1")["properties"].clear()
    assert "payment_id" in schema("payment.completed.v1")["properties"]


def test_the_glossary_explains_terms_in_both_languages() -> None:
    for term in ("outbox", "saga", "kiosk", "कियोस्क", "मूल निवास"):
        assert term in glossary().lower()
