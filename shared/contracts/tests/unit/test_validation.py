"""Real examples that were changed: each is refused at the place of the change."""

import copy
import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from emitra_contracts import ContractViolation, events, examples, schema, validate_envelope, validate_produced

Envelope = dict[str, Any]


def paid() -> Envelope:
    return copy.deepcopy(examples("payment.completed.v1")[1])


def changed(pointer: str, value: object) -> Envelope:
    envelope = paid()
    node: Any = envelope
    *parents, last = pointer.strip("/").split("/")
    for part in parents:
        node = node[part]
    node[last] = value
    return envelope


def refused_pointers(envelope: Any) -> list[str]:
    with pytest.raises(ContractViolation) as refusal:
        validate_envelope(envelope)
    return [problem.pointer for problem in refusal.value.problems]


def every_required_field() -> list[tuple[str, str]]:
    return [(event, field) for event in events() for field in schema(event)["required"]]


@pytest.mark.parametrize(("event", "field"), every_required_field())
def test_a_missing_field_is_refused_by_its_pointer(event: str, field: str) -> None:
    envelope = examples(event)[0]
    del envelope["data"][field]
    assert f"/data/{field}" in refused_pointers(envelope)


@pytest.mark.parametrize(("event", "field"), every_required_field())
def test_a_field_of_another_type_is_refused_by_its_pointer(event: str, field: str) -> None:
    envelope = examples(event)[0]
    envelope["data"][field] = "7" if isinstance(envelope["data"][field], int) else 7
    assert f"/data/{field}" in refused_pointers(envelope)


@pytest.mark.parametrize("attribute", sorted(set(examples("payment.completed.v1")[0]) - {"traceparent", "causationid"}))
def test_a_missing_attribute_is_refused_by_its_pointer(attribute: str) -> None:
    envelope = examples("payment.completed.v1")[0]
    del envelope[attribute]
    assert f"/{attribute}" in refused_pointers(envelope)


@pytest.mark.parametrize("amount", [-1, 15.25, "152500", True, None, 9007199254740992, float("nan"), [152500]])
def test_an_amount_that_is_not_whole_nonnegative_paise_is_refused(amount: object) -> None:
    assert refused_pointers(changed("/data/total/amount", amount)) == ["/data/total/amount"]


def test_an_event_of_the_first_release_names_its_schema_by_a_path_and_is_still_read() -> None:
    envelope = changed("/dataschema", "/contracts/events/payment.completed.v1.json")
    validate_envelope(envelope)
    with pytest.raises(ContractViolation) as refused:
        validate_produced(envelope)
    assert refused.value.pointer == "/dataschema"


@pytest.mark.parametrize("event", events())
def test_the_attributes_have_the_types_of_cloudevents(event: str) -> None:
    """CloudEvents 1.0.2, "Type System" and "Required Attributes": dataschema is a URI, which is never relative."""
    for envelope in examples(event):
        assert urlsplit(envelope["dataschema"]).scheme
        assert envelope["source"]
        assert {type(value) for name, value in envelope.items() if name != "data"} == {str}
        assert all(re.fullmatch(r"[a-z0-9]{1,20}", name) for name in envelope)


def test_a_whole_amount_written_with_a_point_is_read_and_never_produced() -> None:
    """JSON Schema counts 1525.0 as an integer. Who produces it counts money in floats."""
    envelope = changed("/data/total/amount", 1525.0)
    validate_envelope(envelope)
    with pytest.raises(ContractViolation) as refused:
        validate_produced(envelope)
    assert refused.value.pointer == "/data/total/amount"


@pytest.mark.parametrize("currency", ["USD", "inr", "", None, 356])
def test_another_currency_is_refused(currency: object) -> None:
    assert refused_pointers(changed("/data/bill/currency", currency)) == ["/data/bill/currency"]


@pytest.mark.parametrize(
    "instant",
    [
        "2026-02-30T05:41:07Z",
        "2026-13-01T05:41:07Z",
        "2026-11-23T24:41:07Z",
        "2026-11-23T05:41:07",
        "2026-11-23T05:41:07+05:30",
        "2026-11-23",
        "2026-11-23 05:41:07Z",
        "23/11/2026",
        "20261123T054107Z",
        "2026-W47-1T05:41:07Z",
        "2026-11-23T05:41:07Z\n",
        "٢٠٢٦-11-23T05:41:07Z",
        "",
        1795412467,
        None,
    ],
)
def test_a_time_that_is_not_an_rfc_3339_instant_in_utc_is_refused(instant: object) -> None:
    assert set(refused_pointers(changed("/data/completed_at", instant))) == {"/data/completed_at"}
    assert set(refused_pointers(changed("/time", instant))) == {"/time"}


@pytest.mark.parametrize(
    "instant",
    [
        "2026-11-23T05:41:07Z",
        "2026-11-23T05:41:07.1Z",
        "2026-11-23T05:41:07.123456789Z",
        "2024-02-29T00:00:00+00:00",
    ],
)
def test_an_rfc_3339_instant_in_utc_is_accepted(instant: str) -> None:
    validate_produced(changed("/data/completed_at", instant))


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/specversion", "0.3"),
        ("/id", "not-a-uuid"),
        ("/id", "0192f3a1-c0de-4a5e-bc0f-5d2c9a7b1e44"),
        ("/source", "/emitra/certificates"),
        ("/type", "org.emitra.payment.vanished.v1"),
        ("/type", "payment.completed"),
        ("/datacontenttype", "text/plain"),
        ("/dataschema", "/contracts/events/payment.failed.v1.json"),
        ("/dataschema", "urn:emitra:events:payment.failed.v1"),
        ("/dataschema", "urn:other:payment.completed.v1"),
        ("/subject", "pay_01a2076b440078738ca0c7e7feeecda0"),
        ("/partitionkey", "pay_01a2076b440078738ca0c7e7feeecda0"),
        ("/sequence", 3),
        ("/sequence", "03"),
        ("/sequence", "-1"),
        ("/sequence", "3.0"),
        ("/traceparent", "00-abc-def-01"),
        ("/correlationid", "with a space"),
        ("/correlationid", ""),
        ("/data", []),
        ("/data/payment_id", "app_01a2076b440078738ca0c7e7feeecdab"),
        ("/data/kiosk_id", "ksk_RJ10200001\n"),
        ("/data/transaction_token", "EMILOU5XH0728F7"),
        ("/data/channel", "agt"),
        ("/data/category", "electricity bill of Ram Lal"),
        ("/data/district_code", 102),
        ("/data/receipt_number", ""),
    ],
)
def test_a_wrong_value_is_refused_by_its_pointer(pointer: str, value: object) -> None:
    assert pointer in refused_pointers(changed(pointer, value))


def test_a_decision_outside_the_closed_list_is_refused_even_to_readers() -> None:
    envelope = examples("application.decided.v1")[0]
    envelope["data"]["decision"] = "escalated"
    assert refused_pointers(envelope) == ["/data/decision"]


def test_a_value_outside_an_open_list_is_read_but_not_produced() -> None:
    envelope = changed("/data/channel", "POS")
    validate_envelope(envelope)
    with pytest.raises(ContractViolation) as refusal:
        validate_produced(envelope)
    assert refusal.value.pointer == "/data/channel"


@pytest.mark.parametrize("pointer", ["/data/payer_name", "/data/total/gst", "/data/completed_At", "/dateschema"])
def test_an_undeclared_member_is_read_but_not_produced(pointer: str) -> None:
    envelope = changed(pointer, "anything")
    with pytest.raises(ContractViolation) as refusal:
        validate_produced(envelope)
    assert [problem.pointer for problem in refusal.value.problems] == [pointer]


def test_an_undeclared_attribute_must_still_be_a_cloudevents_name() -> None:
    assert refused_pointers(changed("/not_lower-case", "x")) == [""]


def test_a_pointer_escapes_slash_and_tilde() -> None:
    envelope = paid()
    envelope["data"]["a/b~c"] = 1
    with pytest.raises(ContractViolation) as refusal:
        validate_produced(envelope)
    assert refusal.value.pointer == "/data/a~1b~0c"


def test_every_problem_is_reported_at_once() -> None:
    envelope = changed("/data/total/amount", -1)
    envelope["specversion"] = "2.0"
    del envelope["data"]["client_id"]
    assert refused_pointers(envelope) == ["/data/client_id", "/data/total/amount", "/specversion"]


def test_the_message_names_the_place_and_the_rule_but_never_the_value() -> None:
    with pytest.raises(ContractViolation) as refusal:
        validate_envelope(changed("/data/biller_id", "Ram Lal 9876543210"))
    assert "/data/biller_id" in str(refusal.value)
    assert "9876543210" not in str(refusal.value)


@pytest.mark.parametrize("envelope", [None, [], "text", 7, {}])
def test_what_is_not_an_envelope_at_all_is_refused(envelope: object) -> None:
    assert refused_pointers(envelope)
