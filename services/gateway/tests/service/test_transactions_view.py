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
from servicekit.testing import deliver

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

    def submitted(self) -> Any:
        return self.of_application("application.submitted.v1", 1, fee={"amount": 5000, "currency": "INR"})

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
    ],
)
def test_only_those_it_belongs_to_see_it(
    viewing: Stage, arrive: Arrive, course: Course, claims: Any, status: Any
) -> None:
    arrive(course.submitted())
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
