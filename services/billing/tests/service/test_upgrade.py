"""Data of the last release under this one: read, finished, paid once, and migrated while both releases' pods run.

`released/0.1.0.json` is what release 0.1.0 stored: payments by wallet and by card that completed, one in doubt, one
declined, bills fetched, keys used. Its code read and wrote the old names alone (`documents.RENAMED`).
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from bson import json_util
from pymongo import IndexModel
from pymongo.errors import DuplicateKeyError
from tests.support.simulators import Simulator
from tests.support.world import Caller, World, another_consumer, json_of
from typer.testing import CliRunner

from billing.adapters.mongo.documents import RENAMED
from billing.adapters.mongo.migration import OLD_INDEX
from billing.application.books.check_books import CheckBooks
from billing.application.payments.sweep_payments import SweepPayments
from billing.bootstrap import bootstrap
from billing.entrypoints.service import SERVICE
from billing.settings import Settings
from servicekit.http import Person
from servicekit.instants import utc_now
from servicekit.mongo import Mongo
from servicekit.service import command_line

RELEASED = Path(__file__).parent / "released" / "0.1.0.json"
KIOSK = "ksk_RJ10200001"
KEY_OF_THE_COMPLETED = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def old(settings: Settings, mongo: Mongo, biller: Simulator, psp: Simulator) -> World:
    """This release over the last one's data and indexes, prepared as it is deployed and not yet migrated."""
    for name, documents in json_util.loads(RELEASED.read_text()).items():
        if documents:
            mongo.db[name].insert_many(documents)
    mongo.db.journal.create_indexes(
        [
            IndexModel(
                [("payment_id", 1), ("kind", 1)],
                name=OLD_INDEX,
                unique=True,
                partialFilterExpression={"payment_id": {"$exists": True}},
            )
        ]
    )
    SERVICE.prepare_database(mongo)
    billing = bootstrap(settings, mongo)
    return World(billing, mongo, SERVICE.flask_app(settings, mongo, billing).test_client(), biller, psp)


def migrate(world: World) -> int:
    return sum(world.billing.migration.run())


def payments(world: World, **query: Any) -> list[dict[str, Any]]:
    return list(world.mongo.db.payments.find(query))


def bills(world: World) -> dict[str, dict[str, Any]]:
    """As fetched; each fetch in the release's data has one."""
    return {fetch["bills"][0]["bill_id"]: fetch["bills"][0] for fetch in world.mongo.db.bill_fetches.find()}


def both_names_agree(payment: dict[str, Any]) -> bool:
    absent = object()
    return all(payment.get(old, absent) == payment.get(new, absent) for old, new in RENAMED.items())


def test_the_books_of_the_last_release_are_in_order(old: World) -> None:
    books = old.billing.check_books(CheckBooks(utc_now()))

    assert books.in_order, books.findings
    assert books.states["COMPLETED"] == 2


def test_a_payment_in_doubt_is_gone_on_with(old: World) -> None:
    doubtful, *_ = payments(old, state="POST_UNKNOWN")
    # Younger than it is, so that it is not given up: this run's biller never saw the request, and takes it now.
    changes = {"created_at": utc_now(), "customer_params": {"k_number": another_consumer()}}
    old.mongo.db.payments.update_one({"_id": doubtful["_id"]}, {"$set": changes})
    old.make_due(doubtful["_id"])

    old.billing.sweep_payments(SweepPayments())

    after = old.stored(doubtful["_id"])
    assert after["state"] != "POST_UNKNOWN" or after["attempts"] == doubtful["attempts"] + 1
    assert after["next_action_at"] == after["resume_at"]


def test_a_key_used_under_the_last_release_answers_its_payment(old: World) -> None:
    (completed,) = payments(old, state="COMPLETED", mode="WALLET")
    caller = Caller(old.http, kiosk_id=KIOSK)
    body = {"bill_id": completed["bill_id"], "amount": {"amount": 152_500, "currency": "INR"}, "mode": "WALLET"}

    again = caller.post("/v1/payments", body, KEY_OF_THE_COMPLETED)

    assert again.status_code == 201, again.json
    assert (json_of(again)["payment_id"], again.headers["Idempotent-Replayed"]) == (completed["_id"], "true")


def test_a_bill_paid_under_the_last_release_cannot_be_paid_again(old: World) -> None:
    (completed,) = payments(old, state="COMPLETED", mode="WALLET")
    caller = Caller(old.http, kiosk_id=KIOSK)
    refetched = caller.bill(another_consumer())
    # The same bill, as the biller told it then.
    (told,) = [bill for bill in bills(old).values() if bill["bill_id"] == completed["bill_id"]]
    same = {f"bills.0.{name}": told[name] for name in ("bill_ref", "bill_period", "due_on", "customer_params")}
    old.mongo.db.bill_fetches.update_one({"bills.bill_id": refetched["bill_id"]}, {"$set": same})

    for step in ("not migrated", "migrated"):
        answer = caller.pay(refetched)
        assert (answer.status_code, json_of(answer)["code"]) == (409, "bill-already-paid"), step
        migrate(old)


def test_a_bill_paid_under_this_release_is_taken_for_the_last_one(old: World) -> None:
    caller = Caller(old.http, kiosk_id=KIOSK)
    paid = json_of(caller.pay(caller.bill(another_consumer())))
    new = old.stored(paid["payment_id"])
    # What 0.1.0 would write for the same bill: the old names alone.
    by_the_last_release = {name: value for name, value in new.items() if name not in RENAMED.values()}

    with pytest.raises(DuplicateKeyError) as refused:
        old.mongo.db.payments.insert_one({**by_the_last_release, "_id": "pay_old", "token": "EM_OLD"})

    assert "holds" in str(refused.value)


def test_what_this_release_has_to_resume_is_found_by_the_last_ones_sweeper(old: World) -> None:
    caller = Caller(old.http, kiosk_id=KIOSK)
    pending = json_of(caller.pay(caller.bill("100000000010")))
    stored = old.stored(pending["payment_id"])

    assert stored["next_action_at"] == stored["resume_at"] is not None
    assert old.mongo.db.payments.find_one({"_id": stored["_id"], "next_action_at": {"$type": "date"}}) is not None


def test_migrating_fills_every_new_name_and_a_repeat_finds_nothing(old: World) -> None:
    before = {payment["_id"]: payment for payment in payments(old)}
    fetched = bills(old)
    assert fetched
    assert old.billing.migration.left() == len(before) + len(fetched)

    assert migrate(old) == len(before) + len(fetched)

    for payment in payments(old):
        assert both_names_agree(payment), payment
        old_members = {name: value for name, value in payment.items() if name in before[payment["_id"]]}
        assert old_members == before[payment["_id"]], "an old name changed"
        assert payment["events_told"] == int(payment["state"] in {"COMPLETED", "VOIDED", "AUTH_FAILED"})
    assert bills(old) == {bill_id: bill | {"bill_key": bill["claim_key"]} for bill_id, bill in fetched.items()}
    assert OLD_INDEX not in old.mongo.db.journal.index_information()
    assert (old.billing.migration.left(), migrate(old)) == (0, 0)
    assert old.billing.check_books(CheckBooks(utc_now())).in_order


def test_preparing_alone_lets_a_payment_of_the_last_release_be_refunded_in_parts(old: World) -> None:
    assert OLD_INDEX not in old.mongo.db.journal.index_information()
    SERVICE.prepare_database(old.mongo)  # repeatable
    paid = next(p for p in payments(old, state="COMPLETED", mode="WALLET") if p["application_id"] is None)
    admin = Caller(old.http, person=Person("per_" + "a" * 32, "state_admin"))
    left = int(paid["bill_paise"]) + int(paid["service_charge_paise"])
    for paise in (100, 200):
        answer = admin.refund(paid["_id"], paise, left, reason="paid-twice")
        assert answer.status_code == 201, answer.json
        left -= paise
    assert old.kinds_of(paid["_id"]).count("refund") == 2
    assert old.billing.check_books(CheckBooks(utc_now())).in_order


def test_a_payment_that_the_last_releases_pod_moves_after_the_migration_is_read_as_it_left_it(old: World) -> None:
    migrate(old)
    doubtful, *_ = payments(old, state="POST_UNKNOWN")
    at = datetime(2026, 1, 1, tzinfo=UTC)  # before any of the fixture is due, whatever today is
    old.mongo.db.payments.update_one({"_id": doubtful["_id"]}, {"$set": {"next_action_at": at}})

    taken = old.billing.payments.payments.take_due(at, resume_at=at)

    assert taken is not None
    assert taken.payment_id == doubtful["_id"]
    assert old.billing.migration.left() == 0, "taking it wrote both names"


def test_the_command_says_what_it_did(old: World, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    environ = {
        "MONGODB_URI": settings.mongodb_uri,
        "MONGODB_DATABASE": old.mongo.db.name,
        "AMQP_URL": settings.amqp_url,
        "INTERNAL_TOKEN_JWKS": settings.internal_token_jwks,
        "CURSOR_SECRET": settings.cursor_secret,
        "BILLER_NETWORK_URL": settings.biller_network_url,
        "PSP_URL": settings.psp_url,
        "BILLER_CALLBACK_SECRET": settings.biller_callback_secret,
        "TIMELINE_SIGNING_KEY": settings.timeline_signing_key,
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    count = len(payments(old)) + len(bills(old))

    first, second = (CliRunner().invoke(command_line(SERVICE), ["migrate"]) for _ in range(2))

    assert f"{count} document(s) migrated, none left" in first.output
    assert "0 document(s) migrated, none left" in second.output
