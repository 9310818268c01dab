"""Cases against a centre: over HTTP, on a real MongoDB."""

import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.cases import (
    ACCEPT,
    FINE,
    KIOSK,
    NOTICE,
    OPENED,
    OPERATOR,
    OTHER_STATE,
    REPLY,
    SECOND,
    SUSPEND,
    Disciplined,
)
from tests.support.dying import killed_at
from tests.support.openings import DISTRICT, LSP, STATE, Applying, prepared

from emitra_contracts import validate_produced
from kiosk_registry.bootstrap import KioskRegistry, bootstrap
from kiosk_registry.entrypoints.http.discipline.schemas import CentreCaseSchema, CentreCasesSchema, PenaltySlabsSchema
from kiosk_registry.entrypoints.service import SERVICE
from kiosk_registry.settings import KioskRegistrySettings
from servicekit.http import Person
from servicekit.instants import utc_now
from servicekit.mongo import Mongo
from servicekit.testing import deliver, published

EVENTS = Path(__file__).parents[3] / "billing" / "contracts" / "events"
OVERCHARGED = {"offence": "overcharging"}
BY_15_DAYS = {**FINE, "slab": "overcharging-1000-15-days"}
APPEAL = {"act": "appeal", "remarks": "It hung there."}
CLOSE = {"act": "decide", "outcome": "closed", "order": "Order of the department of 2026-11-01", "remarks": "Enough."}


@pytest.fixture
def registry(settings: KioskRegistrySettings, mongo: Mongo) -> KioskRegistry:
    return bootstrap(settings, prepared(mongo))


@pytest.fixture
def centre(settings: KioskRegistrySettings, mongo: Mongo, registry: KioskRegistry) -> Disciplined:
    applying = Applying(SERVICE.flask_app(settings, mongo, registry).test_client())
    applying.opens(applying.applies())
    return Disciplined(applying)


@pytest.fixture
def report() -> dict[str, Any]:
    """A citizen's report about the centre, as billing tells it."""
    (folder,) = EVENTS.glob("overcharge.reported.v1/examples/electricity-bill.json")
    event = dict(json.loads(folder.read_text()))
    event["data"]["kiosk_id"] = KIOSK
    return event


def told(mongo: Mongo, event: str) -> list[dict[str, Any]]:
    return [told for told in published(mongo) if told["type"].endswith(event)]


def test_a_case_goes_from_evidence_by_notice_and_reply_to_a_decision_and_all_of_it_is_written_down(
    centre: Disciplined,
) -> None:
    case_id = centre.heard()

    decided = centre.moves(SECOND, case_id, FINE)

    assert not CentreCaseSchema().validate(decided)
    assert (decided["state"], decided["decision"]["penalty_paise"], decided["decision"]["times"]) == (
        "DECIDED",
        100_000,
        1,
    )
    assert [(line["act"], line["office"], line["remarks"]) for line in centre.reads(STATE, case_id)["history"]] == [
        ("open", "district_admin", None),
        ("give_notice", "district_admin", NOTICE["remarks"]),
        ("reply", "operator", REPLY["remarks"]),
        ("decide", "district_admin", FINE["remarks"]),
    ]
    assert [evidence["text"] for evidence in decided["evidence"]] == [
        OPENED["evidence"]["text"],  # type: ignore[index]
        "It hangs there now.",
    ]


def test_the_centre_is_told_of_it_with_the_notice_in_both_languages_and_sees_offices_not_people(
    centre: Disciplined,
) -> None:
    case_id = centre.opens()
    for person in (OPERATOR, LSP):
        assert centre.reads(person, case_id, 404)["code"] == "centre-case-not-found"
        assert centre.gets(person, "/v1/centre-cases")["items"] == []
    centre.moves(DISTRICT, case_id, NOTICE)

    shown = centre.reads(OPERATOR, case_id)

    assert (shown["offence"]["en"], shown["offence"]["hi"]) == (
        "The rate list is not displayed.",
        "दर सूची प्रदर्शित नहीं है।",
    )
    assert shown["says_hi"]
    assert shown["allowed"] == [
        {"act": "reply", "offices": ["operator"]},
        {"act": "suspend_at_once", "offices": ["district_admin", "state_admin"]},
    ]
    assert {line["person_id"] for line in shown["history"]} == {None}
    listed = centre.gets(LSP, "/v1/centre-cases")
    assert not CentreCasesSchema().validate(listed)
    assert [case["case_id"] for case in listed["items"]] == [case_id]


def test_a_reply_after_its_days_is_refused_with_the_way_out(centre: Disciplined, mongo: Mongo) -> None:
    case_id = centre.opens()
    centre.moves(DISTRICT, case_id, NOTICE)
    passed(mongo, "reply_until")

    problem = centre.moves(OPERATOR, case_id, REPLY, 409)

    assert problem["code"] == "centre-case-time-over"
    assert "appeal, within 30 days" in problem["detail"]
    assert "अपील" in problem["detail_hi"]
    centre.moves(SECOND, case_id, FINE)
    assert centre.moves(OPERATOR, case_id, APPEAL)["state"] == "APPEALED"


def test_what_cannot_be_done_now_is_refused_with_what_can_and_whose_it_is(centre: Disciplined) -> None:
    case_id = centre.opens()
    assert centre.moves(SECOND, case_id, FINE, 409)["code"] == "centre-case-notice-first"
    centre.moves(DISTRICT, case_id, NOTICE)

    early = centre.moves(SECOND, case_id, FINE, 409)

    assert (early["code"], early["allowed"]) == (
        "centre-case-move-not-possible",
        centre.reads(DISTRICT, case_id)["allowed"],
    )
    assert centre.moves(DISTRICT, case_id, REPLY, 403)["offices"] == ["operator"]
    centre.moves(OPERATOR, case_id, REPLY)
    assert centre.moves(DISTRICT, case_id, FINE, 403)["code"] == "centre-case-needs-another-person"
    assert centre.moves(SECOND, case_id, CLOSE, 403)["offices"] == ["state_admin"]


@pytest.mark.parametrize(
    ("move", "pointer", "code"),
    [
        ({**FINE, "slab": "overcharging-500"}, "/slab", "not-a-slab-of-this-case"),
        ({**FINE, "suspension_days": 3}, "/suspension_days", "not-allowed"),
        ({name: FINE[name] for name in ("act", "outcome", "remarks")}, "/slab", "required"),
        ({**FINE, "order": "An order of mine"}, "/order", "not-allowed"),
        ({**FINE, "penalty_paise": 999_900}, "/penalty_paise", "unknown-field"),
    ],
)
def test_a_penalty_is_a_slabs_and_no_figure_of_whoever_decides(
    centre: Disciplined, move: dict[str, Any], pointer: str, code: str
) -> None:
    problem = centre.moves(SECOND, centre.heard(), move, 422)

    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [(pointer, code)]


def test_an_order_whose_figure_nobody_knows_sets_none_and_one_without_a_length_needs_it_said(
    centre: Disciplined,
) -> None:
    dummies = centre.heard(offence="dummy-transactions")
    unset = {**FINE, "slab": "dummy-transactions-2022"}
    assert centre.moves(SECOND, dummies, unset, 422)["errors"][0]["code"] == "figure-unset"
    away = centre.heard(offence="not-at-geo-tag")
    suspend = {**FINE, "slab": "not-at-geo-tag"}
    assert centre.moves(SECOND, away, suspend, 422)["errors"][0]["pointer"] == "/suspension_days"
    assert centre.moves(SECOND, away, {**suspend, "suspension_days": 731}, 422)["errors"][0]["code"] == "required"

    decided = centre.moves(SECOND, away, {**suspend, "suspension_days": 10})

    assert decided["decision"]["suspension_days"] == 10
    assert centre.status == "SUSPENDED"


def test_the_second_time_is_counted_and_an_overturned_one_is_not(centre: Disciplined) -> None:
    run_elsewhere = {**FINE, "slab": "run-elsewhere-first"}
    first = centre.heard(offence="run-elsewhere")
    centre.moves(SECOND, first, run_elsewhere)
    second = centre.heard(offence="run-elsewhere")
    assert [slab["id"] for slab in centre.reads(DISTRICT, second)["slabs"]] == ["run-elsewhere-again"]
    assert centre.moves(SECOND, second, run_elsewhere, 422)["errors"][0]["code"] == "not-a-slab-of-this-case"

    centre.moves(OPERATOR, first, APPEAL)
    centre.moves(STATE, first, {"act": "uphold_appeal", "remarks": "It was the neighbour."})

    assert centre.moves(SECOND, second, run_elsewhere)["decision"]["times"] == 1


def test_a_penalty_is_told_once_when_it_is_final(centre: Disciplined, mongo: Mongo) -> None:
    case_id = centre.heard()
    centre.moves(SECOND, case_id, FINE)
    assert told(mongo, "penalty.imposed.v1") == []
    key = secrets.token_hex(16)

    ended = centre.moves(OPERATOR, case_id, ACCEPT, Idempotency_Key=key)
    again = centre.moves(OPERATOR, case_id, ACCEPT, Idempotency_Key=key)

    (penalty,) = told(mongo, "penalty.imposed.v1")
    validate_produced(penalty)
    assert ended["penalty_id"] == again["penalty_id"] == penalty["subject"]
    amounts = [penalty["data"][name]["amount"] for name in ("amount", "kiosk_share", "lsp_share")]
    assert amounts == [100_000, 100_000, 0]
    assert penalty["data"]["penalty_order"] == "Rate list order of 2021"
    assert centre.moves(OPERATOR, case_id, APPEAL, 409)["allowed"] == []


def test_a_penalty_against_which_an_appeal_was_upheld_is_never_told(centre: Disciplined, mongo: Mongo) -> None:
    case_id = centre.heard(**OVERCHARGED)
    centre.moves(SECOND, case_id, BY_15_DAYS)
    assert centre.status == "SUSPENDED"
    centre.moves(OPERATOR, case_id, APPEAL)
    assert centre.moves(DISTRICT, case_id, {"act": "uphold_appeal", "remarks": "So be it."}, 403)

    ended = centre.moves(STATE, case_id, {"act": "uphold_appeal", "remarks": "The receipt was misread."})

    assert (ended["state"], ended["overturned"], centre.status) == ("ENDED", True, "ACTIVE")
    assert told(mongo, "penalty.imposed.v1") == []
    (reinstated,) = told(mongo, "kiosk.reinstated.v1")
    validate_produced(reinstated)
    assert reinstated["data"]["reason"] == "appeal-upheld"


def test_a_suspension_by_decision_is_told_with_its_end_and_is_a_line_of_the_centres_own_history(
    centre: Disciplined, mongo: Mongo
) -> None:
    case_id = centre.heard(**OVERCHARGED)

    decided = centre.moves(SECOND, case_id, BY_15_DAYS)

    (suspended,) = told(mongo, "kiosk.suspended.v1")
    validate_produced(suspended)
    assert (suspended["data"]["reason"], suspended["sequence"]) == ("overcharging", "2")
    assert suspended["data"]["suspended_until"] == decided["suspension"]["until"]
    (line,) = centre.gets(OPERATOR, f"/v1/kiosks/{KIOSK}/changes")["items"]
    assert (line["act"], line["version"], line["facts"]["case_id"]) == ("suspend", 2, case_id)


def test_a_closure_is_the_states_decision_names_its_order_and_is_final_when_the_operator_accepts_it(
    centre: Disciplined, mongo: Mongo
) -> None:
    case_id = centre.heard(**OVERCHARGED)
    centre.moves(STATE, case_id, CLOSE)
    assert (centre.status, told(mongo, "kiosk.closed.v1")) == ("SUSPENDED", [])

    centre.moves(OPERATOR, case_id, ACCEPT)

    (closed,) = told(mongo, "kiosk.closed.v1")
    validate_produced(closed)
    assert (centre.status, closed["data"]["reason"]) == ("CLOSED", "discipline")
    assert mongo.db.devices.count_documents({"kiosk_id": KIOSK}) == 0
    centre.applying.applies()


def test_another_case_suspends_nobody_who_is_suspended(centre: Disciplined) -> None:
    first, second = centre.heard(**OVERCHARGED), centre.heard(**OVERCHARGED)
    centre.moves(SECOND, first, BY_15_DAYS)

    problem = centre.moves(SECOND, second, BY_15_DAYS, 409)

    assert (problem["code"], problem["case_id"]) == ("centre-suspended-in-another-case", first)
    centre.moves(SECOND, second, {**FINE, "slab": "overcharging-500"})


def test_cases_of_other_districts_providers_and_centres_are_nobodys(centre: Disciplined) -> None:
    case_id = centre.heard()
    strangers = [
        Person("per_else", "operator"),
        replace(LSP, lsp_id="lsp_RJ01"),
        replace(DISTRICT, districts=frozenset({"86"})),
    ]
    for stranger in strangers:
        assert centre.reads(stranger, case_id, 404)["code"] == "centre-case-not-found"
        assert centre.gets(stranger, "/v1/centre-cases", kiosk=KIOSK)["items"] == []
    assert centre.posts(strangers[2], "/v1/centre-cases", OPENED, 404)["code"] == "centre-of-others"


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"observed_on": "2999-01-01"}, "/observed_on"),
        ({"offence": "looked-unfriendly"}, "/offence"),
        ({"evidence": {"text": "Seen.", "photographs": ["xyz"]}}, "/evidence/photographs/0"),
        ({"evidence": {"text": "Seen.", "position": {"lat": 100, "lon": 0}}}, "/evidence/position/lat"),
    ],
)
def test_a_case_that_is_none_names_the_member(centre: Disciplined, changed: dict[str, Any], pointer: str) -> None:
    (error,) = centre.posts(DISTRICT, "/v1/centre-cases", {**OPENED, **changed}, 422)["errors"]

    assert error["pointer"] == pointer


def test_a_citizens_report_by_a_receipt_opens_one_case_whose_amounts_are_evidence(
    centre: Disciplined, mongo: Mongo, registry: KioskRegistry, report: dict[str, Any]
) -> None:
    again = {**report, "id": "01a207c7-d870-7b50-bf2c-fffcbdbd3aaa"}

    deliver(SERVICE, mongo, registry, [report, again])

    (listed,) = centre.gets(DISTRICT, "/v1/centre-cases")["items"]
    case = centre.reads(SECOND, listed["case_id"])
    assert (case["source"], case["source_id"], case["state"], case["observed_on"]) == (
        "receipt",
        report["data"]["report_id"],
        "OPEN",
        "2026-11-23",
    )
    facts = case["evidence"][0]["facts"]
    assert (facts["total_paise"], facts["paid_paise"], facts["legal_fee_paise"]) == (152_500, 155_000, 0)
    centre.moves(DISTRICT, case["case_id"], NOTICE)
    centre.moves(OPERATOR, case["case_id"], REPLY)
    assert centre.moves(DISTRICT, case["case_id"], BY_15_DAYS)["state"] == "DECIDED"


def test_a_report_about_a_centre_that_is_not_in_the_register_opens_none(
    centre: Disciplined, mongo: Mongo, registry: KioskRegistry, report: dict[str, Any]
) -> None:
    report["data"]["kiosk_id"] = "ksk_RJ10299999"

    deliver(SERVICE, mongo, registry, [report])

    assert centre.gets(DISTRICT, "/v1/centre-cases")["items"] == []


def test_whoever_read_an_older_version_moves_nothing(centre: Disciplined) -> None:
    case_id = centre.opens()
    centre.moves(DISTRICT, case_id, NOTICE, If_Match='"1"')

    assert centre.moves(OPERATOR, case_id, REPLY, 412, If_Match='"1"')["code"] == "stale-version"


def test_of_two_who_decide_at_once_one_decides(centre: Disciplined, mongo: Mongo) -> None:
    case_id = centre.heard(**OVERCHARGED)

    def decides(person: Person) -> int:
        return centre.client.post(
            f"/v1/centre-cases/{case_id}/moves", json=BY_15_DAYS, headers=centre.headers(person)
        ).status_code

    with ThreadPoolExecutor(2) as pool:
        statuses = list(pool.map(decides, [SECOND, OTHER_STATE]))

    assert sorted(statuses) == [201, 409]
    assert len(told(mongo, "kiosk.suspended.v1")) == 1


def test_of_two_cases_that_are_decided_at_once_only_one_is_the_first_time(centre: Disciplined, mongo: Mongo) -> None:
    cases = [centre.heard(offence="run-elsewhere") for _ in range(2)]
    fine = {**FINE, "slab": "run-elsewhere-first"}

    def decides(case_id: str) -> int:
        return centre.client.post(
            f"/v1/centre-cases/{case_id}/moves", json=fine, headers=centre.headers(SECOND)
        ).status_code

    with ThreadPoolExecutor(2) as pool:
        statuses = sorted(pool.map(decides, cases))

    assert statuses in ([201, 409], [201, 422])
    assert [row["decision"]["times"] for row in mongo.db.centre_cases.find({"counts": True})] == [1]


def test_the_slabs_are_shown_with_their_orders(centre: Disciplined) -> None:
    shown = centre.gets(OPERATOR, "/v1/penalty-slabs")

    assert not PenaltySlabsSchema().validate(shown)
    assert {slab["offence"] for slab in shown["slabs"]} <= {offence["code"] for offence in shown["offences"]}


@pytest.mark.parametrize(("point", "is_kept"), [("X1", False), ("X2", True)])
def test_a_suspension_whose_process_dies_is_there_with_its_case_and_its_event_or_not_at_all(
    centre: Disciplined, mongo: Mongo, settings: KioskRegistrySettings, point: str, is_kept: bool
) -> None:
    case_id, key = centre.heard(**OVERCHARGED), secrets.token_hex(16)

    killed_at(point, mongo, settings, "decision_once.py", case_id, key)

    assert len(told(mongo, "kiosk.suspended.v1")) == int(is_kept)
    assert (centre.status == "SUSPENDED") is is_kept
    assert (centre.reads(DISTRICT, case_id)["state"] == "DECIDED") is is_kept
    decided = centre.moves(SECOND, case_id, BY_15_DAYS, Idempotency_Key=key)
    assert (decided["state"], decided["version"], centre.status) == ("DECIDED", 4, "SUSPENDED")
    assert len(told(mongo, "kiosk.suspended.v1")) == 1


def test_a_suspension_at_once_is_confirmed_by_another_person(centre: Disciplined, mongo: Mongo) -> None:
    case_id = centre.opens()
    centre.moves(DISTRICT, case_id, SUSPEND)
    confirm = {"act": "confirm_suspension", "remarks": "Seen with my own eyes."}
    assert centre.moves(DISTRICT, case_id, confirm, 403)["code"] == "centre-case-needs-another-person"

    confirmed = centre.moves(SECOND, case_id, confirm)

    assert confirmed["suspension"]["kind"] == "confirmed"
    untils = [event["data"]["suspended_until"] for event in told(mongo, "kiosk.suspended.v1")]
    assert untils == sorted(untils)
    assert centre.reads(OPERATOR, case_id)["suspension"]
    assert centre.moves(DISTRICT, case_id, {"act": "lift_suspension", "remarks": "Mended."})["suspension"] is None
    assert centre.status == "ACTIVE"


def passed(mongo: Mongo, member: str) -> None:
    """The one case's time is over."""
    mongo.db.centre_cases.update_one({}, {"$set": {member: utc_now() - timedelta(minutes=1)}})
