"""What a transaction's status is, and who sees it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.application.errors import NoSuchTransaction, NotATransactionToken
from gateway.application.ports import ReportedTransaction
from gateway.application.providers import Provider, provider_at
from gateway.application.read_transactions import TransactionReader
from gateway.application.transactions import (
    Kind,
    SeenEvent,
    TimelineEntry,
    Transaction,
    application_standing,
    payment_standing,
)
from gateway.application.view_transaction import ViewTransaction, ViewTransactionHandler
from servicekit.access import reach
from servicekit.ids import transaction_token

NOON = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)
TOKEN, PAYMENT_TOKEN = transaction_token(), transaction_token()


def seen(type_: Any, sequence: Any = 1, decision: Any = None, minutes: Any = 0) -> Any:
    return SeenEvent(f"{type_}-{sequence}", type_, NOON + timedelta(minutes=minutes), sequence, decision)


def payment(*types: Any, token: Any = PAYMENT_TOKEN, **members: Any) -> Any:
    return Transaction(token, Kind.PAYMENT, "pay_1", "cli_1", tuple(map(seen, types)), **members)


def an_application(*events: Any, fee_due: Any = True, **members: Any) -> Any:
    return Transaction(TOKEN, Kind.APPLICATION, "app_1", "cli_1", events, fee_due=fee_due, **members)


SUBMITTED = seen("application.submitted")
PAID = payment("payment.completed", pays_for_application_id="app_1")


@pytest.mark.parametrize(
    ("types", "status"),
    [
        (["payment.created"], "PROCESSING"),
        (["payment.failed"], "FAILED"),
        (["payment.completed"], "COMPLETED"),
        (["payment.completed", "payment.failed"], "COMPLETED"),
        (["payment.completed", "payment.refunded"], "COMPLETED"),
        (["payment.failed", "payment.completed"], "COMPLETED"),
    ],
)
def test_a_payment_is_completed_once_a_completion_was_seen(types: Any, status: Any) -> None:
    assert payment_standing(payment(*types)).status == status


@pytest.mark.parametrize(
    ("application", "payments", "status"),
    [
        (an_application(SUBMITTED), [], "FEE_DUE"),
        (an_application(SUBMITTED), [payment("payment.failed")], "FEE_DUE"),
        (an_application(SUBMITTED), [payment("payment.failed"), PAID], "IN_VERIFICATION"),
        (an_application(SUBMITTED, fee_due=False), [], "IN_VERIFICATION"),
        (an_application(SUBMITTED, seen("application.decided", 2, "sent_back")), [PAID], "SENT_BACK"),
        (an_application(SUBMITTED, seen("application.decided", 2, "rejected")), [PAID], "REJECTED"),
        (an_application(seen("application.decided", 2, "approved")), [], "IN_VERIFICATION"),
        (
            an_application(
                seen("application.decided", 4, "approved"), SUBMITTED, seen("application.decided", 2, "sent_back")
            ),
            [PAID],
            "IN_VERIFICATION",
        ),
        (
            an_application(seen("application.resubmitted", 3), SUBMITTED, seen("application.decided", 2, "sent_back")),
            [PAID],
            "IN_VERIFICATION",
        ),
        (
            an_application(
                seen("application.decided", 4, "sent_back"),
                seen("application.resubmitted", 3),
                seen("application.decided", 2, "sent_back"),
            ),
            [PAID],
            "SENT_BACK",
        ),
        (an_application(SUBMITTED, seen("application.withdrawn", 2)), [PAID], "WITHDRAWN"),
        (an_application(seen("application.expired", 2), SUBMITTED), [], "EXPIRED"),
        (an_application(seen("certificate.issued")), [], "ISSUED"),
        (an_application(seen("opening.submitted"), fee_due=None), [], "IN_VERIFICATION"),
        (an_application(seen("opening.moved", 6, "opened"), seen("opening.moved", 5, "approved")), [], "OPENED"),
        (an_application(seen("opening.moved", 2, "withdrawn"), seen("opening.submitted")), [], "WITHDRAWN"),
        (an_application(seen("case.filed"), fee_due=None), [], "SUBMITTED"),
        (an_application(seen("hearing.scheduled", 3), seen("case.registered", 2), seen("case.filed")), [], "LISTED"),
        (an_application(seen("order.passed", 4), seen("case.registered", 2), seen("case.filed")), [], "REGISTERED"),
        (an_application(seen("case.disposed", 5), seen("hearing.scheduled", 3)), [], "DISPOSED"),
    ],
)
def test_an_applications_status_follows_from_what_was_seen(application: Any, payments: Any, status: Any) -> None:
    assert application_standing(application, payments).status == status


def at(type_: Any, minutes: Any, sequence: Any = 1, decision: Any = None) -> Any:
    return seen(type_, sequence, decision, minutes)


@pytest.mark.parametrize(
    ("application", "fee_paid_after", "minutes"),
    [
        (an_application(at("application.submitted", 0)), None, 0),
        (an_application(at("application.submitted", 0), fee_due=False), None, 0),
        (an_application(at("application.submitted", 0)), 5, 5),
        (an_application(at("application.submitted", 0), at("application.decided", 9, 2, "sent_back")), 5, 9),
        (
            an_application(
                at("application.submitted", 0),
                at("application.decided", 20, 3, "approved"),
                at("application.decided", 9, 2, "sent_back"),
            ),
            5,
            20,
        ),
        (an_application(at("application.submitted", 0), at("certificate.issued", 30)), 5, 30),
    ],
    ids=["fee due", "free", "paid", "sent back", "further step", "issued"],
)
def test_an_application_stands_where_it_is_since_what_brought_it_there(
    application: Any, fee_paid_after: Any, minutes: Any
) -> None:
    paid = [] if fee_paid_after is None else [replace(PAID, events=(at("payment.completed", fee_paid_after),))]

    assert application_standing(application, paid).since == NOON + timedelta(minutes=minutes)


def test_a_payment_is_completed_since_its_completion_whatever_came_later() -> None:
    paid = replace(PAID, events=(at("payment.failed", 9), at("payment.completed", 5)))

    assert payment_standing(paid).since == NOON + timedelta(minutes=5)


ROAD = [
    SUBMITTED,
    seen("application.decided", 2, "sent_back"),
    seen("application.decided", 3, "approved"),
    seen("certificate.issued", 1),
]


@given(st.permutations(ROAD), st.integers(1, 4))
def test_the_order_of_arrival_changes_nothing(order: Any, repeated: Any) -> None:
    in_order, shuffled = an_application(*ROAD), an_application(*order, *order[:repeated])
    assert application_standing(shuffled, [PAID]) == application_standing(in_order, [PAID])
    assert application_standing(in_order, [PAID]).status == "ISSUED"


@given(st.permutations(ROAD))
def test_once_issued_it_stays_issued_whatever_arrives_late(order: Any) -> None:
    at = order.index(ROAD[-1])
    for cut in range(at + 1, len(order) + 1):
        assert application_standing(an_application(*order[:cut]), []).status == "ISSUED"


class FakeTransactions:
    def __init__(self, *known: Any) -> None:
        self.known = {t.token: t for t in known}

    def find(self, token: Any) -> Any:
        return self.known.get(token)

    def fee_payments(self, application_ids: Any) -> Any:
        return [t for t in self.known.values() if t.pays_for_application_id in application_ids]

    def of_person(self, person_id: str, before: Any, limit: int) -> Any:
        own = sorted((t.begun_at, t.token) for t in self.known.values() if t.person_id == person_id)
        place = (before.begun_at, before.token) if before else None
        return [self.known[token] for at, token in reversed(own) if place is None or (at, token) < place][:limit]


class FakeProviders:
    def of(self, kiosk_id: str) -> Any:
        later = NOON + timedelta(days=1)
        return [Provider("lsp_2", later), Provider("lsp_1", NOON)] if kiosk_id == "ksk_1" else []


class FakeOwners:
    def __init__(self, reported: Any = None) -> None:
        self.reported = reported
        self.asked: list[str] = []

    def ask(self, token: str, request_id: str) -> Any:  # noqa: ARG002 - as the port has it
        self.asked.append(token)
        return self.reported


REPORTED = ReportedTransaction(
    TOKEN, "payment", "pay_1", "PROCESSING", "cli_1", None, None, NOON, (TimelineEntry("payment.created", NOON),)
)


def view(
    transactions: Any = (),
    reported: Any = None,
    token: Any = TOKEN,
    client_id: Any = "cli_1",
    kiosk_id: Any = None,
    districts: Any = (),
) -> Any:
    role = "officer" if districts else "machine"
    who = reach(role, client_id=client_id, kiosk_id=kiosk_id, department="revenue", districts=districts)
    command = ViewTransaction(token, who, "req_1")
    reader = TransactionReader(FakeTransactions(*transactions), FakeOwners(reported))
    return ViewTransactionHandler(reader, FakeProviders())(command)


def test_an_application_shows_its_fee_payment_and_its_certificate_in_one_time_line() -> None:
    application = an_application(
        replace(SUBMITTED, at=NOON),
        replace(seen("certificate.issued"), at=NOON + timedelta(minutes=9)),
        certificate_id="crt_1",
    )
    paid = replace(PAID, events=(seen("payment.completed", minutes=5),))
    shown = view([application, paid])
    assert (shown.status, shown.kind, shown.reference_id) == ("ISSUED", "application", "app_1")
    assert (shown.payment_ids, shown.application_id, shown.certificate_id) == (("pay_1",), "app_1", "crt_1")
    assert [e.type for e in shown.events] == ["application.submitted", "payment.completed", "certificate.issued"]
    assert shown.updated_at == NOON + timedelta(minutes=9)


def test_a_certificate_comes_after_the_approval_of_the_same_instant() -> None:
    shown = view([an_application(seen("certificate.issued", 1), seen("application.decided", 3, "approved"))])
    assert [event.type for event in shown.events] == ["application.decided", "certificate.issued"]


def test_a_fee_payment_names_the_application_it_is_for() -> None:
    shown = view([replace(PAID, token=TOKEN)])
    assert (shown.kind, shown.status, shown.application_id) == ("payment", "COMPLETED", "app_1")


def test_before_its_events_arrive_the_owner_is_asked() -> None:
    shown = view(reported=REPORTED)
    assert (shown.status, shown.payment_ids, shown.events) == ("PROCESSING", ("pay_1",), REPORTED.events)
    assert (shown.since, shown.deadline_at) == (NOON, None)


@pytest.mark.parametrize("by_events", [True, False])
@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ({"client_id": "cli_1"}, True),
        ({"client_id": "cli_2"}, False),
        ({"client_id": "cli_2", "kiosk_id": "ksk_1"}, True),
        ({"client_id": "cli_2", "kiosk_id": "ksk_2"}, False),
        ({"client_id": "cli_2", "districts": ["101", "102"]}, True),
        ({"client_id": "cli_2", "districts": ["101"]}, False),
    ],
)
def test_only_the_client_its_centre_and_officers_of_the_district_see_it(who: Any, sees: Any, by_events: Any) -> None:
    known = an_application(SUBMITTED, kiosk_id="ksk_1", district_code="102")
    reported = replace(REPORTED, kiosk_id="ksk_1", district_code="102")
    sources = {"transactions": [known]} if by_events else {"reported": reported}
    if sees:
        assert view(**sources, **who).token == TOKEN
    else:
        with pytest.raises(NoSuchTransaction):
            view(**sources, **who)


def test_nobody_sees_a_transaction_because_both_have_no_centre_or_no_district() -> None:
    with pytest.raises(NoSuchTransaction):
        view([replace(PAID, token=TOKEN)], client_id="cli_2", kiosk_id=None, districts=())


def test_a_token_that_nobody_knows_is_not_found() -> None:
    with pytest.raises(NoSuchTransaction):
        view()


@pytest.mark.parametrize(
    "token",
    ["", "EM", TOKEN[:-1], TOKEN + "0", "XX" + TOKEN[2:], TOKEN[:4] + "U" + TOKEN[5:], "x" * 500],
)
def test_a_mistyped_token_is_told_apart_without_asking_anybody(token: Any) -> None:
    owners = FakeOwners(REPORTED)
    with pytest.raises(NotATransactionToken, match="receipt"):
        TransactionReader(FakeTransactions(), owners).by_token(token, "req_1")
    assert not owners.asked


@pytest.mark.parametrize(
    "written",
    [TOKEN.lower(), f" {TOKEN}\n", f"{TOKEN[:5]} {TOKEN[5:10]} {TOKEN[10:]}", f"{TOKEN[:2]}-{TOKEN[2:]}"],
)
def test_a_token_is_read_as_people_write_it(written: str) -> None:
    assert view([replace(PAID, token=TOKEN)], token=written).token == TOKEN


def test_any_single_wrong_character_is_noticed() -> None:
    for at in range(2, len(TOKEN)):
        wrong = TOKEN[:at] + ("0" if TOKEN[at] != "0" else "1") + TOKEN[at + 1 :]
        with pytest.raises(NotATransactionToken):
            view(token=wrong, reported=REPORTED)


@pytest.mark.parametrize(
    ("minutes", "lsp_id"),
    [(-1, None), (0, "lsp_1"), (24 * 60 - 1, "lsp_1"), (24 * 60, "lsp_2"), (10**6, "lsp_2")],
)
def test_a_centre_is_one_providers_at_a_time(minutes: int, lsp_id: str | None) -> None:
    assert provider_at(FakeProviders().of("ksk_1"), NOON + timedelta(minutes=minutes)) == lsp_id


@pytest.mark.parametrize(
    ("lsp_id", "kiosk_id", "days", "sees"),
    [
        ("lsp_1", "ksk_1", 0, True),
        ("lsp_2", "ksk_1", 0, False),
        # What began there later is the next provider's, and what was before stays the former's.
        ("lsp_1", "ksk_1", 1, False),
        ("lsp_2", "ksk_1", 1, True),
        ("lsp_1", "ksk_2", 0, False),
        ("lsp_1", None, 0, False),
        (None, "ksk_2", 0, False),
    ],
)
def test_a_provider_sees_what_began_at_a_centre_while_it_was_theirs(
    lsp_id: str | None, kiosk_id: str | None, days: int, sees: bool
) -> None:
    known = replace(PAID, token=TOKEN, kiosk_id=kiosk_id, events=(seen("payment.completed", minutes=days * 24 * 60),))
    reader = TransactionReader(FakeTransactions(known), FakeOwners())
    command = ViewTransaction(TOKEN, reach("lsp", client_id="cli_9", lsp_id=lsp_id), "req_1")
    if sees:
        assert ViewTransactionHandler(reader, FakeProviders())(command).token == TOKEN
    else:
        with pytest.raises(NoSuchTransaction):
            ViewTransactionHandler(reader, FakeProviders())(command)
