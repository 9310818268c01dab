"""One token follows a payment or an application: events arrive over the real handling into a real database."""

import itertools
import json
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.support.documents import BILLING, document, operation
from tests.support.foreign_services import Reply, foreign_service, unused_port
from tests.support.stage import Stage

from emitra_contracts import examples
from gateway.entrypoints.service import SERVICE
from servicekit.ids import event_id, transaction_token
from servicekit.mongo import Mongo
from servicekit.testing import deliver, eventually

OWNER = "cli_0192f3a1c0de7a5ebc0f5d2c9a7b1e44"


Arrive = Callable[..., None]


class Course:
    """The events of one application and its fee payment, as the services send them."""

    def __init__(self) -> None:
        self.token, self.payment_token = transaction_token(), transaction_token()
        self.application_id, self.payment_id = "app_" + event_id(), "pay_" + event_id()
        self.sequence = itertools.count(1)

    def event(self, type_: Any, subject: Any, minute: Any, **data: Any) -> Any:
        envelope = json.loads(json.dumps(examples(type_)[0]))
        at = f"2026-11-23T06:{minute:02d}:00.000Z"
        changed = {name: at for name in envelope["data"] if name.endswith("_at")}
        envelope["data"] |= changed | {"client_id": OWNER, "kiosk_id": "ksk_RJ10200001"} | data
        return envelope | {"id": event_id(), "subject": subject, "time": at, "sequence": str(next(self.sequence))}

    def of_application(self, type_: Any, minute: Any, **data: Any) -> Any:
        ids = {"transaction_token": self.token, "application_id": self.application_id, "district_code": "102"}
        return self.event(type_, self.application_id, minute, **ids, **data)

    def submitted(self, **data: Any) -> Any:
        fee = {"amount": 5000, "currency": "INR"}
        return self.of_application("application.submitted.v1", 1, **{"fee": fee, "person_id": None} | data)

    def paid(self, **data: Any) -> Any:
        ids = {"transaction_token": self.payment_token, "payment_id": self.payment_id}
        return self.event("payment.completed.v1", self.payment_id, 2, **ids, application_id=self.application_id, **data)

    def payment_failed(self, minute: Any = 2) -> Any:
        ids = {"transaction_token": self.payment_token, "payment_id": self.payment_id}
        return self.event("payment.failed.v1", self.payment_id, minute, **ids, application_id=self.application_id)

    def decided(self, minute: Any, decision: Any) -> Any:
        return self.of_application("application.decided.v1", minute, decision=decision)

    def issued(self) -> Any:
        return self.of_application("certificate.issued.v1", 9, certificate_id="crt_1")


@pytest.fixture
def course() -> Any:
    return Course()


@pytest.fixture
def arrive(viewing: Stage, mongo: Mongo) -> Any:
    def arrived(*envelopes: Any, together: Any = False) -> Any:
        for batch in [envelopes] if together else [[envelope] for envelope in envelopes]:
            deliver(SERVICE, mongo, viewing.gateway, batch)

    return arrived


def look(viewing: Stage, token: Any, client_id: Any = OWNER, **claims: Any) -> Any:
    access = viewing.identity.token("transactions:read", client_id=client_id, **claims)
    return viewing.call("GET", f"/v1/transactions/{token}", access)


def look_up(viewing: Stage, token: Any, **body: Any) -> Any:
    return viewing.call("POST", "/v1/transaction-lookups", json={"token": token, **body})


def test_an_application_is_followed_from_its_submission_to_its_certificate(
    viewing: Stage, arrive: Arrive, course: Course
) -> None:
    seen = []
    for envelope in (
        course.submitted(),
        course.paid(),
        course.decided(3, "sent_back"),
        course.decided(4, "approved"),
        course.issued(),
    ):
        arrive(envelope)
        seen.append(look(viewing, course.token).json["status"])
    assert seen == ["FEE_DUE", "IN_VERIFICATION", "SENT_BACK", "IN_VERIFICATION", "ISSUED"]
    shown = look(viewing, course.token).json
    assert (shown["token"], shown["kind"], shown["reference_id"]) == (
        course.token,
        "application",
        course.application_id,
    )
    assert (shown["payment_ids"], shown["certificate_id"]) == ([course.payment_id], "crt_1")
    assert [event["type"] for event in shown["events"]] == [
        "application.submitted", "payment.completed", "application.decided", "application.decided", "certificate.issued"
    ]  # fmt: skip
    assert shown["updated_at"].startswith("2026-11-23T06:09:00")


def test_an_application_that_was_answered_is_with_the_office_until_it_is_withdrawn(
    viewing: Stage, arrive: Arrive, course: Course
) -> None:
    arrive(course.submitted(), course.paid(), course.decided(3, "sent_back"))
    for minute, moved, status, ended in (
        (4, "resubmitted", "IN_VERIFICATION", False),
        (5, "withdrawn", "WITHDRAWN", True),
    ):
        arrive(course.of_application(f"application.{moved}.v1", minute))
        assert look(viewing, course.token).json["status"] == status
        told = look_up(viewing, course.token).json
        assert (told["status"], told["ended"]) == (status, ended)
    assert [step["text_hi"] for step in told["steps"]][-2:] == ["आवेदक ने उत्तर दिया", "आवेदन वापस लिया गया"]


def test_an_application_for_a_centre_is_followed_from_its_submission_until_it_opened(
    viewing: Stage, arrive: Arrive, course: Course
) -> None:
    opening_id = f"cap_{'0' * 32}"
    ids = {"transaction_token": course.token, "opening_id": opening_id, "district_code": "102"}
    arrive(course.event("opening.submitted.v1", opening_id, 1, **ids))
    seen = [look_up(viewing, course.token).json["status"]]
    for minute, (move, standing) in enumerate(
        [("recommend", "FIELD_VERIFICATION"), ("send_back", "SENT_BACK"), ("resubmit", "FIELD_VERIFICATION"),
         ("reject", "REJECTED"), ("appeal", "APPEALED"), ("bind_device", "ACTIVE")],
        start=2,
    ):  # fmt: skip
        arrive(course.event("opening.moved.v1", opening_id, minute, **ids, move=move, standing=standing, reason=None))
        seen.append(look_up(viewing, course.token).json["status"])
    assert seen == [
        "IN_VERIFICATION", "IN_VERIFICATION", "SENT_BACK", "IN_VERIFICATION", "REJECTED", "IN_VERIFICATION", "OPENED",
    ]  # fmt: skip
    shown = look_up(viewing, course.token).json
    assert (shown["ended"], shown["status_text_hi"], len(shown["steps"])) == (True, "केंद्र खुल गया है", 7)
    # Whose own it is sees it, and not whoever else has the app.
    applicant = {"id": "per_0192f3a1c0de7c22b8e15d2c9a7b1e46", "role": "citizen"}
    assert look(viewing, course.token, person=applicant).json["reference_id"] == opening_id
    assert look(viewing, course.token).status_code == 404


def test_a_case_before_a_court_is_followed_from_its_filing_until_its_disposal(
    viewing: Stage, arrive: Arrive, course: Course
) -> None:
    case_id, citizen = f"rcs_{'0' * 32}", "per_0192f3a1c0de7c22b8e15d2c9a7b1e46"
    ids = {
        "transaction_token": course.token, "court_case_id": case_id, "district_code": "102", "person_id": citizen,
        "kiosk_id": None,
    }  # fmt: skip
    seen = []
    for minute, event in enumerate(
        ["case.filed.v1", "case.registered.v1", "hearing.scheduled.v1", "order.passed.v1", "case.disposed.v1"], start=1
    ):
        arrive(course.event(event, case_id, minute, **ids))
        seen.append(look_up(viewing, course.token).json["status"])
    assert seen == ["SUBMITTED", "REGISTERED", "LISTED", "LISTED", "DISPOSED"]
    shown = look_up(viewing, course.token).json
    assert (shown["ended"], shown["status_text_hi"], len(shown["steps"])) == (True, "प्रकरण निस्तारित हो गया है", 5)
    assert look(viewing, course.token, person={"id": citizen, "role": "citizen"}).json["reference_id"] == case_id
    assert look(viewing, course.token).status_code == 404


def test_the_fee_payments_own_token_follows_the_payment(viewing: Stage, arrive: Arrive, course: Course) -> None:
    arrive(course.paid())
    shown = look(viewing, course.payment_token).json
    assert (shown["kind"], shown["status"], shown["application_id"]) == ("payment", "COMPLETED", course.application_id)


@pytest.mark.parametrize("seed", range(4))
def test_late_repeated_and_disordered_events_end_in_the_same_view(
    viewing: Stage, arrive: Arrive, course: Course, mongo: Mongo, seed: Any
) -> None:
    envelopes = [course.submitted(), course.paid(), course.decided(3, "rejected"), course.decided(4, "approved")]
    envelopes.append(course.issued())
    arrive(*envelopes)
    in_order = look(viewing, course.token).json
    mongo.db["transactions"].delete_many({})
    mongo.db["inbox"].delete_many({})  # as when a message comes again a month later
    dealer = random.Random(seed)
    disordered = envelopes + dealer.choices(envelopes, k=3)
    dealer.shuffle(disordered)
    for envelope in disordered:
        arrive(envelope)
        mongo.db["inbox"].delete_many({})
    assert look(viewing, course.token).json == in_order


def test_a_late_failure_does_not_undo_a_completion(viewing: Stage, arrive: Arrive, course: Course) -> None:
    completion, failure = course.paid(), course.payment_failed(minute=5)
    arrive(completion, failure)
    assert look(viewing, course.payment_token).json["status"] == "COMPLETED"


def test_events_of_one_token_may_be_handled_by_many_threads_at_once(
    viewing: Stage, arrive: Arrive, course: Course
) -> None:
    envelopes = [course.decided(minute, "sent_back") for minute in range(10, 22)] + [course.submitted()]
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(arrive, envelopes))
    assert len(look(viewing, course.token).json["events"]) == 13


def test_several_events_of_one_token_may_share_a_transaction(viewing: Stage, arrive: Arrive, course: Course) -> None:
    arrive(course.submitted(), course.decided(3, "approved"), course.issued(), together=True)
    assert look(viewing, course.token).json["status"] == "ISSUED"


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({"client_id": OWNER}, 200),
        ({"client_id": "cli_other"}, 404),
        ({"client_id": "cli_other", "kiosk_id": "ksk_RJ10200001"}, 200),
        ({"client_id": "cli_other", "kiosk_id": "ksk_RJ10100001"}, 404),
        ({"client_id": "cli_o", "person": {"id": "per_1", "role": "officer", "districts": ["102"]}}, 200),
        ({"client_id": "cli_o", "person": {"id": "per_1", "role": "officer", "districts": ["101"]}}, 404),
        ({"client_id": "cli_o", "person": {"id": "per_1", "role": "operator", "districts": ["102"]}}, 404),
        ({"client_id": "cli_o", "person": {"id": "per_own", "role": "citizen"}}, 200),
        ({"client_id": OWNER, "person": {"id": "per_2", "role": "citizen"}}, 404),
    ],
)
def test_only_those_it_belongs_to_see_it(
    viewing: Stage, arrive: Arrive, course: Course, claims: Any, status: Any
) -> None:
    arrive(course.submitted(person_id="per_own" if "person" in claims else None))
    got = look(viewing, course.token, **claims)
    assert got.status_code == status
    if status == 404:
        assert got.json["code"] == "no-such-transaction"


def test_a_mistyped_token_is_told_apart_from_an_unknown_one(viewing: Stage) -> None:
    good = transaction_token()
    wrong = good[:-1] + ("0" if good[-1] != "0" else "1")
    got = look(viewing, wrong)
    assert (got.status_code, got.json["code"]) == (422, "not-a-transaction-token")
    viewing.billing.reply = lambda _: Reply(404)
    assert look(viewing, good).json["code"] == "no-such-transaction"


def test_the_view_needs_its_scope(viewing: Stage) -> None:
    token = transaction_token()
    assert viewing.call("GET", f"/v1/transactions/{token}").status_code == 401
    got = viewing.call("GET", f"/v1/transactions/{token}", viewing.identity.token("payments:read"))
    assert (got.status_code, got.json["missing_scope"]) == (403, "transactions:read")


def reported(token: Any, **members: Any) -> Any:
    return {
        "token": token, "kind": "payment", "reference_id": "pay_1", "status": "PROCESSING", "owner_client_id": OWNER,
        "kiosk_id": None, "updated_at": "2026-11-23T06:00:00Z", "events": [], "something_new": 1, **members,
    }  # fmt: skip


def test_right_after_submission_the_service_that_owns_it_is_asked(viewing: Stage) -> None:
    token = transaction_token()
    viewing.billing.reply = lambda _: Reply(body=json.dumps(reported(token)).encode())
    got = look(viewing, token, headers=None)
    assert (got.status_code, got.json["status"], got.json["payment_ids"]) == (200, "PROCESSING", ["pay_1"])
    asked = viewing.billing.last
    assert asked.target == f"/v1/internal/transactions/{token}"
    assert asked.headers["X-Request-Id"] == got.headers["X-Request-Id"]
    assert int(asked.headers["Emitra-Timeout-Ms"]) <= 2000
    assert asked.headers["Traceparent" if "Traceparent" in asked.headers else "traceparent"]
    assert look(viewing, token, client_id="cli_other").status_code == 404


CERTIFICATES = document(
    "certificates",
    {
        "/v1/applications": {"get": operation("applications:decide")},
        "/v1/internal/transactions/{token}": {"get": operation("internal", **{"x-internal": True})},
    },
)


def test_the_first_service_that_knows_it_answers_without_waiting_for_one_that_hangs(viewing: Stage) -> None:
    token = transaction_token()
    viewing.billing.reply = lambda _: Reply(after_seconds=3)
    with foreign_service() as certificates:
        found = reported(token, kind="application", reference_id="app_1", status="FEE_DUE")
        certificates.reply = lambda _: Reply(body=json.dumps(found).encode())
        viewing.publish("certificates", CERTIFICATES, certificates.url)
        got = look(viewing, token)
    assert (got.json["status"], got.json["application_id"], got.json["payment_ids"]) == ("FEE_DUE", "app_1", [])


@pytest.mark.parametrize(
    "reply",
    [
        Reply(503),
        Reply(body=b"{}"),
        Reply(body=b"not json"),
        Reply(body=b"[]"),
        Reply(hang_up=True),
        Reply(after_seconds=2.5),
    ],
    ids=["503", "empty", "not-json", "list", "hangs-up", "hangs"],
)
def test_when_a_service_that_may_know_it_does_not_answer_nobody_claims_that_it_does_not_exist(
    viewing: Stage, reply: Any
) -> None:
    viewing.billing.reply = lambda _: reply
    got = look(viewing, transaction_token())
    assert (got.status_code, got.json["code"], got.json["retryable"]) == (503, "dependency-unavailable", True)


def test_a_service_that_is_down_is_not_taken_for_one_that_knows_nothing(viewing: Stage) -> None:
    with foreign_service() as certificates:
        certificates.reply = lambda _: Reply(404)
        viewing.publish("certificates", CERTIFICATES, certificates.url)
        viewing.publish("billing", BILLING, f"http://127.0.0.1:{unused_port()}")
        assert look(viewing, transaction_token()).status_code == 503


def test_anybody_may_follow_a_token_and_learns_of_nobody(viewing: Stage, arrive: Arrive, course: Course) -> None:
    for envelope in (course.submitted(), course.paid(), course.decided(3, "sent_back")):
        arrive(envelope)

    got = look_up(viewing, course.token)

    assert got.status_code == 200
    assert got.json == {
        "token": course.token,
        "kind": "application",
        "status": "SENT_BACK",
        "status_text": "Sent back to you",
        "status_text_hi": "आपको लौटाया गया",
        "since": "2026-11-23T06:03:00.000Z",
        "ended": False,
        "next_text": "The office needs something from you. Ask where you applied what it is.",
        "next_text_hi": "कार्यालय को आपसे कुछ चाहिए। जहाँ आवेदन किया था वहाँ पूछें कि क्या चाहिए।",
        "next_by": None,
        "steps": [
            {"text": text, "text_hi": text_hi, "at": f"2026-11-23T06:0{minute}:00.000Z"}
            for text, text_hi, minute in (
                ("Application submitted", "आवेदन जमा हुआ", 1),
                ("Payment completed", "भुगतान पूरा हुआ", 2),
                ("The office decided a step", "कार्यालय ने एक चरण पर निर्णय लिया", 3),
            )
        ],
    }
    assert got.headers["Cache-Control"] == "no-store"


def test_right_after_submission_anybody_learns_it_from_its_owner_with_the_deadline_and_no_inner_step(
    viewing: Stage,
) -> None:
    token = transaction_token()
    steps = [{"type": "POST_UNKNOWN", "at": "2026-11-23T06:00:00Z"}]
    owned = reported(token, status="IN_DOUBT", events=steps, deadline_at="2026-11-24T06:00:00Z")
    viewing.billing.reply = lambda _: Reply(body=json.dumps(owned).encode())

    shown = look_up(viewing, f" {token[:2]}-{token[2:8]} {token[8:].lower()}").json

    assert (shown["status"], shown["since"]) == ("IN_DOUBT", "2026-11-23T06:00:00.000Z")
    assert (shown["ended"], shown["next_by"], shown["steps"]) == (False, "2026-11-24T06:00:00.000Z", [])
    assert "pay_1" not in json.dumps(shown)


@pytest.mark.parametrize(
    ("status", "ended", "text"), [("FAILED", True, "Not paid"), ("PART_RETURNED", False, "Under way")]
)
def test_what_has_ended_has_nothing_to_wait_for_and_a_status_that_came_later_is_not_guessed(
    viewing: Stage, status: str, ended: bool, text: str
) -> None:
    token = transaction_token()
    owned = reported(token, status=status, deadline_at="2026-11-24T06:00:00Z")
    viewing.billing.reply = lambda _: Reply(body=json.dumps(owned).encode())

    shown = look_up(viewing, token).json

    assert (shown["ended"], shown["status_text"], shown["next_by"] is None) == (ended, text, ended)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"token": "EM123"}, "not-a-transaction-token"),
        ({"token": "9876543210"}, "not-a-transaction-token"),
        ({"token": ""}, "not-a-transaction-token"),
        ({"token": "E" * 65}, "invalid-length"),
        ({"token": None}, "null-not-allowed"),
        ({"token": 5}, "invalid-type"),
        ({}, "required"),
        ({"token": "EMH1TPZP6R1NYHP", "mobile": "9876543210"}, "unknown-field"),
    ],
)
def test_what_cannot_be_a_token_is_told_at_its_place_and_nobody_is_asked(viewing: Stage, body: Any, code: str) -> None:
    got = viewing.call("POST", "/v1/transaction-lookups", json=body)

    assert got.status_code == 422
    (problem,) = got.json["errors"]
    assert (problem["pointer"], problem["code"]) == ("/mobile" if len(body) > 1 else "/token", code)
    assert "9876543210" not in got.text
    assert viewing.billing.received == []


def test_a_token_that_nothing_has_is_not_found_and_one_that_may_be_known_is_not_denied(viewing: Stage) -> None:
    viewing.billing.reply = lambda _: Reply(404)
    got = look_up(viewing, transaction_token())
    assert (got.status_code, got.json["code"]) == (404, "no-such-transaction")
    viewing.billing.reply = lambda _: Reply(503)
    assert look_up(viewing, transaction_token()).status_code == 503


def test_a_flood_of_anybodys_questions_keeps_nobody_with_a_token_waiting(viewing: Stage) -> None:
    own, strange = transaction_token(), [transaction_token() for _ in range(24)]

    def reply(asked: Any) -> Reply:
        return Reply(body=json.dumps(reported(own)).encode()) if own in asked.target else Reply(404, after_seconds=3)

    viewing.billing.reply = reply
    with ThreadPoolExecutor(len(strange)) as threads:
        flood = [threads.submit(look_up, viewing, token) for token in strange]
        eventually(lambda: len(viewing.billing.received) >= 4)
        assert look(viewing, own).status_code == 200
        assert {lookup.result().status_code for lookup in flood} == {503}


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        ([("revoked", {"reason": "court-order"})], ["certificate.revoked"]),
        # A correction is told by its own event alone: nothing was revoked for the citizen.
        ([("revoked", {"reason": "superseded"}), ("superseded", {})], ["certificate.superseded"]),
    ],
)
def test_how_a_certificate_ended_is_in_the_time_line_of_its_application(
    viewing: Stage, arrive: Arrive, course: Course, ends: Any, told: Any
) -> None:
    arrive(course.submitted(), course.paid(), course.decided(3, "approved"), course.issued())
    for type_, data in ends:
        arrive(course.of_application(f"certificate.{type_}.v1", 20, **data))
    shown = look(viewing, course.token).json
    assert shown["status"] == "ISSUED"
    assert [event["type"] for event in shown["events"]][-1:] == told
    assert "certificate.issued" in [event["type"] for event in shown["events"]]
    words = [step["text_hi"] for step in look_up(viewing, course.token).json["steps"]]
    assert len(words) == len(shown["events"])
