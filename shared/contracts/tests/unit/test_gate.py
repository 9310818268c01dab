"""The gate names whom a breaking change breaks, and guards the examples that were released."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from emitra_contracts import examples
from emitra_contracts.gate import (
    Finding,
    Readers,
    consumed_findings,
    damage_findings,
    example_findings,
    findings,
    foreign_findings,
    name_findings,
    quarrel_findings,
    report,
    unaccepted,
    unreadable_findings,
)
from emitra_contracts.released import Contracts

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
    assert unaccepted([finding], {"certificates": [{**row, "reason": "…"}]}) == []
    (still,) = unaccepted([finding], {})
    assert still == finding
    other, stale = unaccepted([finding], {"certificates": [{**row, "is": "integer", "reason": "…"}]})
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
    contracts = "services/certificates/contracts"
    path = f"{contracts}/released/events/application.submitted.v1/examples/x.json"
    assert example_findings({path: envelope}, READERS) == []
    del envelope["data"]["fee"]["amount"]
    (finding,) = example_findings({path: envelope}, READERS)
    assert finding.file == f"{contracts}/events/application.submitted.v1/schema.json"
    assert (finding.contract, finding.place) == ("application.submitted.v1", f"{path} /data/fee/amount")
    assert finding.breaks == ("billing (requires it)", "gateway (reads it)")


@pytest.mark.parametrize("file", ["schema.json", "examples/y.1.json"])
def test_a_damaged_file_is_a_finding_with_the_consumers_of_its_event(file: str) -> None:
    path = f"services/certificates/contracts/released/events/application.submitted.v1/{file}"
    (finding,) = damage_findings([(path, "was changed")], READERS)
    assert (finding.place, finding.current, finding.breaks) == (path, "was changed", ("billing", "gateway"))


def test_a_damaged_file_of_no_event_is_a_finding_too() -> None:
    path = "services/billing/contracts/released/openapi.yaml"
    (finding,) = damage_findings([(path, "was changed")], READERS)
    assert (finding.contract, finding.place) == ("released", path)


def test_an_event_in_two_folders_is_the_newcomers_fault_and_both_are_named() -> None:
    claims = {"application.submitted.v1": ["agriculture", "certificates"], "crop.sown.v1": ["agriculture"]}
    (finding,) = quarrel_findings(claims, RELEASED)
    assert (finding.contract, finding.was) == ("application.submitted.v1", "certificates's")
    assert (finding.current, finding.breaks) == ("claimed by agriculture and certificates", ("agriculture",))


def test_an_event_that_two_newcomers_claim_is_the_fault_of_both() -> None:
    quarrel = quarrel_findings({"crop.sown.v1": ["agriculture", "horticulture"]}, RELEASED)
    assert {finding.was for finding in quarrel} == {"nobody's"}
    assert [finding.breaks for finding in quarrel] == [("agriculture",), ("horticulture",)]


@pytest.mark.parametrize(
    ("contract", "owner"),
    [("billing GET /v1/wallet", "billing"), ("application.submitted.v1", "certificates"), ("the envelope", "shared")],
)
def test_a_service_ends_and_accepts_what_is_its_own_only(contract: str, owner: str) -> None:
    owners, services = {"application.submitted.v1": "certificates"}, ["agriculture", "billing", "certificates"]
    assert foreign_findings("sunsets.json", {owner: [contract]}, owners, services) == []
    (finding,) = foreign_findings("sunsets.json", {"agriculture": [contract]}, owners, services)
    assert (finding.place, finding.breaks) == ("services/agriculture/contracts/sunsets.json", (owner,))


def wanting(scope: str = "", ids: Sequence[str] = (), shares: Sequence[str] = (), **members: Any) -> dict[str, Any]:
    """A document with one operation that asks for `scope`, and claims by name."""
    asked = {"post": {"security": [{"oauth2": [scope]}], **members}} if scope else {}
    claims = {"x-emitra-ids": dict.fromkeys(ids, "…"), "x-emitra-shares": dict.fromkeys(shares, "…")}
    return {"paths": {"/v1/crops": asked}, **{member: names for member, names in claims.items() if names}}


SCOPE, IDS = {"scope": "wallet:write"}, {"ids": ["wal_"]}


@pytest.mark.parametrize(
    ("apis", "released", "refused"),
    [
        ({"agriculture": SCOPE, "billing": SCOPE}, {"billing": SCOPE}, {"agriculture": "billing's"}),
        ({"agriculture": {"scope": "wallet:read"}, "billing": SCOPE}, {"billing": SCOPE}, {"agriculture": "billing's"}),
        ({"agriculture": {"scope": "wallets:read"}, "billing": SCOPE}, {"billing": SCOPE}, {}),
        ({"agriculture": {"scope": "wallet:read", "x-internal": True}, "billing": SCOPE}, {"billing": SCOPE}, {}),
        ({"agriculture": IDS, "billing": IDS}, {"billing": IDS}, {"agriculture": "billing's"}),
        # What nobody released yet is rather of who was released before.
        ({"agriculture": IDS, "billing": IDS}, {"billing": {}}, {"agriculture": "billing's"}),
        ({"agriculture": IDS, "billing": IDS}, {"agriculture": IDS, "billing": {}}, {"billing": "agriculture's"}),
        ({"agriculture": IDS, "billing": IDS}, {}, {"agriculture": "nobody's", "billing": "nobody's"}),
        (
            {"agriculture": IDS, "billing": IDS},
            {"agriculture": {}, "billing": {}},
            {"agriculture": "nobody's", "billing": "nobody's"},
        ),
        ({"agriculture": IDS, "billing": IDS | {"shares": ["ID wal_"]}}, {"billing": IDS}, {}),
        ({"agriculture": SCOPE, "billing": SCOPE | {"shares": ["SCOPE wallet"]}}, {"billing": SCOPE}, {}),
        ({"agriculture": SCOPE, "gateway": {"shares": ["SCOPE wallet"]}}, {"agriculture": {}, "gateway": {}}, {}),
        (
            {"agriculture": SCOPE | {"shares": ["SCOPE wallet"]}, "billing": SCOPE},
            {"billing": SCOPE},
            {"agriculture": "billing's"},
        ),
        (
            {"agriculture": SCOPE | {"shares": ["SCOPE wallet"]}, "billing": SCOPE | {"shares": ["SCOPE wallet"]}},
            {},
            {},
        ),
        ({"agriculture": {"shares": ["ID wal_"]}, "billing": IDS}, {"billing": IDS}, {"agriculture": "billing's"}),
        ({"agriculture": IDS}, {}, {}),
    ],
)
def test_a_scope_or_ids_of_anothers_are_the_newcomers_fault_unless_the_owner_shares_them(
    apis: Any, released: Any, refused: Any
) -> None:
    today, before = (
        Contracts(apis={service: wanting(**claims) for service, claims in side.items()}) for side in (apis, released)
    )
    findings = name_findings(today, before)
    assert {finding.breaks[0]: finding.was for finding in findings} == refused
    assert len(findings) == len(refused)


def test_the_text_names_both_services_the_operation_and_what_to_do() -> None:
    today = Contracts(apis={"agriculture": wanting("wallet:write"), "billing": wanting("wallet:read")})
    text = report(name_findings(today, Contracts(apis={"billing": wanting("wallet:read")})))
    for part in ("POST /v1/crops", "was     billing's", "claimed by agriculture and billing", "breaks  agriculture: "):
        assert part in text


EVENT = "application.submitted.v1"
CERTIFICATES = "services/certificates/contracts"
STALE = {"contract": EVENT, "place": "producer", "was": "a", "is": "b"}


@pytest.mark.parametrize(
    ("broken", "begins", "instead"),
    [
        (
            findings_of(with_schema(lambda s: s["properties"].pop("fee"))),
            f"certificates: {CERTIFICATES}/events/{EVENT}/schema.json: {EVENT}  /data/fee",
            "Publish <event>.v2",
        ),
        (
            findings_of(replace(RELEASED, catalogue={})),
            f"certificates: {CERTIFICATES}/events/{EVENT}/schema.json: {EVENT}  the event",
            "Publish <event>.v2",
        ),
        (
            findings_of(replace(RELEASED, publishers={})),
            f"certificates: services/certificates/events.json: {EVENT}  the event",
            "Publish <event>.v2",
        ),
        (
            findings_of(replace(RELEASED, catalogue={EVENT: {**ROW, "aggregate_id": "number"}})),
            f"certificates: {CERTIFICATES}/events/{EVENT}/event.json: {EVENT}  aggregate_id",
            "Publish <event>.v2",
        ),
        (
            findings_of(replace(RELEASED, envelope={"type": "object"})),
            "platform: shared/contracts/src/emitra_contracts/envelope.schema.json: the envelope  /sequence",
            "Publish <event>.v2",
        ),
        (
            findings_of(replace(RELEASED, apis={"billing": {**API, "paths": {"/v1/wallet": WALLET}}})),
            "billing: services/billing/openapi.yaml: billing GET /v1/balance",
            "add the new beside it",
        ),
        (
            consumed_findings("certificates", RELEASED, READERS),
            f"certificates: {CERTIFICATES}/events/{EVENT}/schema.json: {EVENT}  the event",
            "take the event out of their tables",
        ),
        (
            unaccepted([], {"billing": [STALE]}),
            f"billing: services/billing/contracts/accepted.json: {EVENT}  producer",
            "Take the row out",
        ),
        (
            unaccepted([], {"shared": [STALE]}),
            f"platform: shared/contracts/src/emitra_contracts/accepted.json: {EVENT}  producer",
            "Take the row out",
        ),
        (
            example_findings({f"{CERTIFICATES}/released/events/{EVENT}/examples/x.json": {"type": EVENT}}, READERS),
            f"certificates: {CERTIFICATES}/events/{EVENT}/schema.json: {EVENT}  {CERTIFICATES}/released/events/",
            "today's schemas accept it",
        ),
        (
            damage_findings([(f"{CERTIFICATES}/released/openapi.yaml", "was changed")], READERS),
            f"certificates: {CERTIFICATES}/released/openapi.yaml: released",
            "restore it",
        ),
        (
            unreadable_findings([("billing", "services/billing/events.json:3: is no JSON; mend it")]),
            "billing: services/billing/events.json:3: billing",
            "Mend the file",
        ),
        (
            quarrel_findings({EVENT: ["agriculture", "certificates"]}, RELEASED),
            f"agriculture: services/agriculture/contracts/events/{EVENT}/schema.json: {EVENT}  the event",
            "names its own event otherwise",
        ),
        (
            name_findings(
                Contracts(apis={"agriculture": wanting("wallet:write"), "billing": wanting("wallet:read")}),
                Contracts(apis={"billing": wanting("wallet:read")}),
            ),
            "agriculture: services/agriculture/openapi.yaml: SCOPE wallet  POST /v1/crops",
            "`shares`",
        ),
        (
            foreign_findings("sunsets.json", {"agriculture": [EVENT]}, {EVENT: "certificates"}, []),
            f"agriculture: services/agriculture/contracts/sunsets.json: {EVENT}",
            "Take the line out",
        ),
    ],
)
def test_each_finding_begins_with_service_file_and_place_and_ends_with_what_to_do_instead(
    broken: list[Finding], begins: str, instead: str
) -> None:
    first, *middle, last = report(broken).splitlines()
    assert first.startswith(f"✗ {begins}")
    assert any(line.startswith("    is ") for line in middle)
    assert instead in last


def test_what_to_do_stands_behind_the_findings_that_it_is_for() -> None:
    text = report([*unaccepted([], {"billing": [STALE]}), *consumed_findings("certificates", RELEASED, READERS)])
    places = ["accepted.json: ", "Take the row out", "schema.json: ", "Its consumers take the event out"]
    assert sorted(places, key=text.index) == places
