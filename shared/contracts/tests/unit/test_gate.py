"""The gate names whom a breaking change breaks, and guards the examples that were released."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from emitra_contracts import events, examples, released_examples
from emitra_contracts.gate import (
    Finding,
    Readers,
    damage_findings,
    example_findings,
    findings,
    report,
    unaccepted,
)
from emitra_contracts.released import Contracts, damaged_files, release, released_contracts

FEE = {"type": "object", "properties": {"amount": {"type": "integer"}}, "required": ["amount"]}
SUBMITTED = {
    "type": "object",
    "properties": {"application_id": {"type": "string"}, "fee": FEE, "step": {"type": "string"}},
    "required": ["application_id", "fee", "step"],
    "additionalProperties": True,
}
ROW = {"producer": "certificates", "aggregate_type": "application", "aggregate_id": "application_id"}
WALLET = {
    "get": {
        "security": [{"oauth2": ["wallet:read"]}],
        "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Money"}}}}},
    }
}
API = {
    "paths": {"/v1/wallet": WALLET, "/v1/balance": WALLET},
    "components": {"schemas": {"Money": FEE}},
}
RELEASED = Contracts(
    catalogue={"application.submitted.v1": ROW},
    schemas={"application.submitted.v1": SUBMITTED},
    publishers={"application.submitted.v1": "certificates"},
    envelope={"type": "object", "properties": {"sequence": {"type": "string"}}},
    apis={"billing": API},
)


def reading(**properties: Any) -> dict[str, Any]:
    reads = {"type": "object", "properties": properties, "required": ["application_id", "fee"]}
    return {"publishes": [], "consumes": [{"event": "application.submitted.v1", "reads": reads}]}


READERS = Readers(
    tables={
        "billing": reading(application_id={}, fee={"properties": {"amount": {}}, "required": ["amount"]}),
        "gateway": reading(application_id={}, fee={"properties": {"amount": {}}}),
        "certificates": {"publishes": ["application.submitted.v1"], "consumes": []},
    },
    clients={
        "kiosk software": {"scopes": ["wallet:read", "kiosks:read"], "operations": []},
        "portal": {"scopes": ["kiosks:read"], "operations": []},
        "gateway": {"scopes": [], "operations": ["GET /v1/balance"]},
    },
)


def findings_of(today: Contracts) -> list[Finding]:
    return findings(RELEASED, today, READERS, {}, on=date(2026, 11, 24))


def with_schema(edit: Callable[[dict[str, Any]], Any]) -> Contracts:
    schema = deepcopy(SUBMITTED)
    edit(schema)
    return replace(RELEASED, schemas={"application.submitted.v1": schema})


def test_what_was_released_breaks_nothing() -> None:
    assert findings_of(RELEASED) == []


def test_a_retyped_field_names_the_consumers_that_read_it_and_how_much_they_need_it() -> None:
    (finding,) = findings_of(
        with_schema(lambda s: s["properties"]["fee"]["properties"]["amount"].update(type="string"))
    )
    assert (finding.contract, finding.place) == ("application.submitted.v1", "/data/fee/amount")
    assert (finding.was, finding.current) == ("integer", "string")
    assert finding.breaks == ("billing (requires it)", "gateway (reads it)")
    assert "v2" in finding.remedy


def test_a_removed_object_names_those_who_read_inside_it() -> None:
    (finding,) = findings_of(with_schema(lambda s: s["properties"].pop("fee") and s["required"].remove("fee")))
    assert finding.place == "/data/fee"
    assert finding.breaks == ("billing (requires it)", "gateway (requires it)")


def test_a_field_that_nobody_reads_may_not_go_either() -> None:
    (finding,) = findings_of(with_schema(lambda s: s["properties"].pop("step") and s["required"].remove("step")))
    assert finding.breaks == ("no consumer in this repository",)


def test_an_event_that_is_no_longer_in_the_catalogue_breaks_its_consumers_until_its_sunset() -> None:
    gone = replace(RELEASED, catalogue={}, schemas={}, publishers={})
    (finding,) = findings_of(gone)
    assert finding.breaks == ("billing", "gateway")
    assert findings(RELEASED, gone, READERS, {"application.submitted.v1": "2026-11-24"}, date(2026, 11, 24)) == []
    assert findings(RELEASED, gone, READERS, {"application.submitted.v1": "2026-11-25"}, date(2026, 11, 24))


def test_an_event_that_nobody_publishes_any_more_breaks_its_consumers() -> None:
    (finding,) = findings_of(replace(RELEASED, publishers={}))
    assert (finding.was, finding.current, finding.breaks) == (
        "published by certificates", "by nobody", ("billing", "gateway")
    )  # fmt: skip


@pytest.mark.parametrize("member", ["producer", "aggregate_type", "aggregate_id"])
def test_a_row_of_the_catalogue_keeps_its_identity(member: str) -> None:
    (finding,) = findings_of(replace(RELEASED, catalogue={"application.submitted.v1": {**ROW, member: "other"}}))
    assert (finding.place, finding.current, finding.breaks) == (member, "other", ("billing", "gateway"))


def test_a_change_of_the_envelope_breaks_every_consumer() -> None:
    (finding,) = findings_of(
        replace(RELEASED, envelope={"type": "object", "properties": {"sequence": {"type": "integer"}}})
    )
    assert (finding.contract, finding.place, finding.breaks) == ("the envelope", "/sequence", ("billing", "gateway"))


def test_a_change_that_is_meant_is_accepted_by_name_and_only_while_it_is_there() -> None:
    (finding,) = findings_of(replace(RELEASED, envelope={"type": "object", "properties": {"sequence": {}}}))
    row = {"contract": finding.contract, "place": finding.place, "was": finding.was, "is": finding.current}
    assert unaccepted([finding], [{**row, "reason": "…"}]) == []
    (still,) = unaccepted([finding], [])
    assert still == finding
    other, stale = unaccepted([finding], [{**row, "is": "integer", "reason": "…"}])
    assert (other, stale.current) == (finding, "integer")
    assert "accepted.json" in stale.remedy


def test_a_schema_that_operations_share_is_one_finding_with_the_clients_of_all_of_them() -> None:
    other = {**API, "components": {"schemas": {"Money": {**FEE, "properties": {}, "required": []}}}}
    (finding,) = findings_of(replace(RELEASED, apis={"billing": other}))
    assert finding.contract == "billing GET /v1/wallet, GET /v1/balance"
    assert finding.place == "answer 200 /amount (schemas/Money/properties/amount)"
    assert finding.breaks == ("kiosk software", "gateway")


def test_a_removed_operation_names_its_clients_until_its_sunset() -> None:
    today = replace(RELEASED, apis={"billing": {**API, "paths": {"/v1/balance": WALLET}}})
    (finding,) = findings_of(today)
    assert (finding.contract, finding.breaks) == ("billing GET /v1/wallet", ("kiosk software",))
    assert findings(RELEASED, today, READERS, {"billing GET /v1/wallet": "2026-11-01"}, date(2026, 11, 24)) == []


def test_a_service_that_is_gone_takes_its_operations_from_their_clients() -> None:
    assert {finding.contract for finding in findings_of(replace(RELEASED, apis={}))} == {
        "billing GET /v1/wallet",
        "billing GET /v1/balance",
    }


def test_the_text_has_place_change_consumer_and_what_to_do() -> None:
    text = report(
        findings_of(with_schema(lambda s: s["properties"]["fee"]["properties"]["amount"].update(type="string")))
    )
    for part in ("application.submitted.v1", "/data/fee/amount", "integer", "string", "billing", "gateway", ".v2"):
        assert part in text


def test_a_released_example_that_todays_schema_refuses_is_a_finding_with_its_readers() -> None:
    (envelope, *_) = examples("application.submitted.v1")
    assert example_findings({"x.json": envelope}, READERS) == []
    del envelope["data"]["fee"]["amount"]
    (finding,) = example_findings({"x.json": envelope}, READERS)
    assert (finding.contract, finding.place) == ("application.submitted.v1", "x.json /data/fee/amount")
    assert finding.breaks == ("billing (requires it)", "gateway (reads it)")


@pytest.mark.parametrize("file", ["schema.json", "examples/y.1.json"])
def test_a_damaged_file_is_a_finding_with_the_consumers_of_its_event(file: str) -> None:
    path = f"events/application.submitted.v1/{file}"
    (finding,) = damage_findings([(path, "was changed")], READERS)
    assert (finding.place, finding.current, finding.breaks) == (path, "was changed", ("billing", "gateway"))


@pytest.mark.parametrize("path", ["apis/billing.yaml", "events.json"])
def test_a_damaged_file_of_no_event_is_a_finding_too(path: str) -> None:
    (finding,) = damage_findings([(path, "was changed")], READERS)
    assert (finding.contract, finding.place) == ("released", path)


@pytest.fixture
def first_release(tmp_path: Path) -> Path:
    folder = tmp_path / "released"
    assert len(release(replace(RELEASED, apis={}), tmp_path, folder)) > 2 * len(events())
    return folder


def test_a_release_holds_what_was_released_and_a_repeat_adds_nothing(first_release: Path, tmp_path: Path) -> None:
    assert released_contracts(first_release) == replace(RELEASED, apis={})
    before = {file: file.read_bytes() for file in first_release.rglob("*") if file.is_file()}
    assert release(replace(RELEASED, apis={}), tmp_path, first_release) == []
    assert {file: file.read_bytes() for file in first_release.rglob("*") if file.is_file()} == before


def test_a_new_version_of_an_example_is_added_beside_the_old_one(first_release: Path, tmp_path: Path) -> None:
    old = first_release / "events" / "payment.failed.v1" / "examples" / "biller-refused.1.json"
    old_content = b'{"as it was": "before"}\n'
    old.write_bytes(old_content)
    assert release(replace(RELEASED, apis={}), tmp_path, first_release) == [
        "events/payment.failed.v1/examples/biller-refused.2.json"
    ]
    assert old.read_bytes() == old_content


def test_a_retired_event_loses_its_schema_and_keeps_its_examples(first_release: Path, tmp_path: Path) -> None:
    release(Contracts({}, {}, {}, {}, {}), tmp_path, first_release)
    assert released_contracts(first_release).schemas == {}
    assert list(damaged_files(first_release)) == []
    assert list(first_release.glob("events/application.submitted.v1/examples/*.json"))


def test_an_example_that_was_changed_removed_or_added_by_hand_is_noticed(first_release: Path) -> None:
    assert list(damaged_files(first_release)) == []
    folder = first_release / "events" / "payment.failed.v1" / "examples"
    (folder / "biller-refused.1.json").write_text("{}")
    (folder / "future-biller-refused.1.json").unlink()
    (folder / "other.1.json").write_text("{}")
    assert {path.rpartition("/")[2]: damage.partition(":")[0] for path, damage in damaged_files(first_release)} == {
        "biller-refused.1.json": "was changed",
        "future-biller-refused.1.json": "is gone",
        "other.1.json": "was put there by hand",
    }


def test_what_the_gate_compares_with_cannot_be_edited_removed_or_added_to_unnoticed(first_release: Path) -> None:
    (first_release / "apis").mkdir()
    (first_release / "apis" / "billing.yaml").write_text("paths: {}")
    (first_release / "publishers.json").unlink()
    for edited in ("events.json", "envelope.schema.json", "events/application.submitted.v1/schema.json"):
        (first_release / edited).write_text("{}")
    assert {path: damage.partition(":")[0] for path, damage in damaged_files(first_release)} == {
        "apis/billing.yaml": "was put there by hand",
        "publishers.json": "is gone",
        "events.json": "was changed",
        "envelope.schema.json": "was changed",
        "events/application.submitted.v1/schema.json": "was changed",
    }


def test_a_release_renews_the_sums_of_what_it_renews(first_release: Path, tmp_path: Path) -> None:
    release(replace(RELEASED, apis={}, publishers={}), tmp_path, first_release)
    assert released_contracts(first_release).publishers == {}
    assert list(damaged_files(first_release)) == []


def test_every_released_event_has_its_examples_undamaged() -> None:
    assert list(damaged_files()) == []
    assert released_contracts().catalogue
    for event in released_contracts().catalogue:
        assert released_examples(event)
