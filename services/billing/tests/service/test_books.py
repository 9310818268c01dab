"""The books are checked by a command, and the store itself refuses what would break them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from bson import Int64
from pymongo.errors import DuplicateKeyError, WriteError
from tests.support.simulators import Simulator
from tests.support.world import Caller, World, another_consumer, json_of
from typer.testing import CliRunner, Result

from billing.adapters.mongo.ledger import install_validators
from billing.application.books.check_books import CheckBooks
from billing.application.wallets.fund_sandbox_wallet import FundSandboxWallet
from billing.bootstrap import bootstrap
from billing.domain.ledger.accounts import wallet_account
from billing.domain.ledger.entries import JournalEntry, Kind, Leg
from billing.entrypoints.service import SERVICE
from billing.settings import Settings
from servicekit.instants import utc_now
from servicekit.mongo import Mongo, duplicate_key
from servicekit.service import command_line

KIOSK = "ksk_RJ10200001"


@pytest.fixture
def own(settings: Settings, own_mongo: Mongo, biller: Simulator, psp: Simulator) -> World:
    """A world whose database nobody else uses, with one wallet payment, one by card and one given back."""
    billing = bootstrap(settings, own_mongo)
    http = SERVICE.flask_app(settings, own_mongo, billing).test_client()
    world = World(billing, own_mongo, http, biller, psp)
    billing.fund_sandbox_wallet(FundSandboxWallet(KIOSK, 10_000_000, utc_now()))
    centre, portal = Caller(world.http, kiosk_id=KIOSK), world.portal()
    assert centre.pay(centre.bill()).status_code == 201
    assert portal.pay(portal.bill(), mode="UPI", payment_instrument="tok_sandbox_ok").status_code == 201
    declined = portal.pay(portal.bill(), mode="CARD", payment_instrument="tok_sandbox_declined")
    assert json_of(declined)["status"] == "FAILED"
    pending = json_of(centre.pay(centre.bill("100000000005")))
    assert pending["status"] == "IN_DOUBT"
    return world


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs `billing …` on a world's database, as an operator does."""

    def invoke(world: World, *arguments: str, **environ: str) -> Result:
        known = {
            "MONGODB_URI": settings.mongodb_uri,
            "MONGODB_DATABASE": world.mongo.db.name,
            "AMQP_URL": settings.amqp_url,
            "INTERNAL_TOKEN_JWKS": settings.internal_token_jwks,
            "CURSOR_SECRET": settings.cursor_secret,
            "BILLER_NETWORK_URL": settings.biller_network_url,
            "PSP_URL": settings.psp_url,
            "BILLER_CALLBACK_SECRET": settings.biller_callback_secret,
            "TIMELINE_SIGNING_KEY": settings.timeline_signing_key,
        }
        for name, value in {**known, **environ}.items():
            monkeypatch.setenv(name, value)
        return CliRunner().invoke(command_line(SERVICE), list(arguments))

    return invoke


def broken(world: World) -> list[str]:
    """The invariants that do not hold."""
    return [
        finding.invariant for finding in world.billing.check_books(CheckBooks(utc_now())).findings if finding.breaks
    ]


def test_books_in_order_are_printed_with_a_trial_balance_of_zero(own: World, run: Any) -> None:
    result = run(own, "check-books")

    assert result.exit_code == 0, result.output
    assert "₹0.00" in result.output
    assert "COMPLETED 2" in result.output
    assert [line.split("│")[3].strip() for line in result.output.splitlines() if line.startswith("│ I")] == ["yes"] * 6


def test_books_that_do_not_balance_are_shown_and_end_with_1(own: World, run: Any) -> None:
    own.mongo.db.command("collMod", "journal", validationLevel="off")
    entry = own.mongo.db.journal.find_one({"kind": "post"})
    assert entry is not None
    own.mongo.db.journal.update_one({"_id": entry["_id"]}, {"$inc": {"legs.0.paise": Int64(1)}})

    result = run(own, "check-books", "--accounts")

    assert result.exit_code == 1
    assert f"{entry['_id']} does not sum to zero" in result.output


def test_a_wallet_that_is_not_the_fold_of_the_journal_is_found(own: World) -> None:
    assert broken(own) == []
    own.mongo.db.wallets.update_one({"_id": KIOSK}, {"$inc": {"available_paise": Int64(-1)}})

    assert broken(own) == ["I5"]


@pytest.mark.parametrize(
    ("collection", "which", "invariants"),
    [
        ("journal", {"kind": "post"}, ["I2", "I5"]),
        ("journal", {"kind": "capture"}, ["I2"]),
        ("outbox", {"routing_key": "payment.completed.v1"}, ["I4"]),
        ("outbox", {"routing_key": "payment.failed.v1"}, ["I4"]),
        ("payments", {"state": "COMPLETED", "mode": "UPI"}, ["I2", "I4"]),
    ],
)
def test_something_that_is_lost_is_missed(own: World, collection: str, which: Any, invariants: list[str]) -> None:
    own.mongo.db[collection].delete_one(which)

    assert broken(own) == invariants


def test_a_receipt_on_two_payments_is_found(own: World) -> None:
    own.mongo.db.payments.update_many({"state": "COMPLETED"}, {"$set": {"receipt.number": "EM-2627-0000000000000"}})

    assert broken(own) == ["I3"]


def test_a_payment_that_completed_without_its_entries_is_found(own: World) -> None:
    own.mongo.db.payments.update_one({"state": "POST_UNKNOWN"}, {"$set": {"state": "COMPLETED"}})

    assert broken(own) == ["I2", "I3", "I4", "I5"]


@pytest.mark.parametrize(
    "legs",
    [
        [{"account": "a", "paise": Int64(1)}, {"account": "b", "paise": Int64(-2)}],
        [{"account": "a", "paise": 1.0}, {"account": "b", "paise": -1.0}],
        [{"account": "a", "paise": 1}, {"account": "b", "paise": -1}],
        [{"account": "a", "paise": Int64(0)}],
        [],
    ],
)
def test_the_journal_itself_refuses_what_does_not_balance_or_is_not_whole_paise(world: World, legs: Any) -> None:
    with pytest.raises(WriteError) as refused:
        world.mongo.db.journal.insert_one({"_id": "x", "kind": "funding", "at": utc_now(), "legs": legs})
    assert refused.value.code == 121


def test_the_store_itself_refuses_a_wallet_below_its_limit(world: World) -> None:
    kiosk_id = world.centre(100).kiosk_id

    with pytest.raises(WriteError):
        world.mongo.db.wallets.update_one({"_id": kiosk_id}, {"$inc": {"available_paise": Int64(-101)}})


def test_a_hold_cannot_be_resolved_twice_nor_an_entry_be_written_twice(world: World) -> None:
    centre = world.centre()
    centre.pay(centre.bill())
    post = world.mongo.db.journal.find_one({"kind": "post", "kiosk_id": centre.kiosk_id})
    assert post is not None

    with pytest.raises(DuplicateKeyError) as second_way:
        world.mongo.db.journal.insert_one({**post, "_id": "another", "kind": "void"})
    with pytest.raises(DuplicateKeyError) as second_time:
        world.mongo.db.journal.insert_one({**post, "resolves": "something else"})

    assert "a_hold_is_resolved_once" in str(second_way.value)
    assert duplicate_key(second_time.value) == ("_id",)


def refund(payment_id: str, number: int, paise: int) -> JournalEntry:
    """Part of a wallet payment given back by the biller: an act of its own, with an id of its own."""
    centre = wallet_account(KIOSK)
    legs = (Leg("biller:JVVNL", -paise), Leg(centre, paise))
    return JournalEntry(f"rfd_{number}", Kind.REFUND, utc_now(), legs, payment_id=payment_id, kiosk_id=KIOSK)


def test_entries_of_refunds_that_nobody_asked_for_break_the_books(own: World) -> None:
    payment = json_of(Caller(own.http, kiosk_id=KIOSK).pay(Caller(own.http, kiosk_id=KIOSK).bill(another_consumer())))
    ledger = own.billing.wallets
    for number, paise in ((1, 50_000), (2, 102_500)):
        own.mongo.transact(partial(ledger.write, entries=[refund(payment["payment_id"], number, paise)]))

    with pytest.raises(DuplicateKeyError):
        own.mongo.transact(partial(ledger.write, entries=[refund(payment["payment_id"], 2, 102_500)]))

    assert own.kinds_of(payment["payment_id"]) == ["hold", "post", "refund", "refund"]
    assert broken(own) == ["I3"]


@pytest.mark.parametrize(
    ("collection", "change", "breaks"),
    [
        ("refunds", {"state": "REFUSED"}, {"I2", "I3", "I4"}),
        ("refunds", {"paise": Int64(1)}, {"I2", "I3"}),
        ("payments", {"refunded_paise": Int64(0)}, {"I2"}),
        ("payments", {"refunding_paise": Int64(0)}, {"I2"}),
        ("journal", {"kind": "funding"}, {"I3"}),
        ("outbox", {"routing_key": "payment.failed.v1"}, {"I4"}),
    ],
)
def test_a_refund_that_the_payment_the_journal_or_the_events_do_not_bear_out_breaks_the_books(
    own: World, collection: str, change: dict[str, Any], breaks: set[str]
) -> None:
    caller = Caller(own.http, kiosk_id=KIOSK)
    payment_id = json_of(caller.pay(caller.bill(another_consumer())))["payment_id"]
    refund_id = json_of(caller.refund(payment_id, 500, 152_500))["refund_id"]
    assert broken(own) == []
    which = {
        "refunds": {"_id": refund_id},
        "payments": {"_id": payment_id},
        "journal": {"_id": f"{refund_id}:refund"},
        "outbox": {"aggregate.id": payment_id, "routing_key": "payment.refunded.v1"},
    }
    own.mongo.db[collection].update_one(which[collection], {"$set": change})

    assert set(broken(own)) == breaks


def test_refunds_of_a_payment_that_is_not_there_break_the_books(own: World) -> None:
    own.mongo.db.refunds.insert_one({"_id": "rfd_1", "payment_id": "pay_none", "state": "REFUSED", "paise": Int64(1)})

    assert broken(own) == ["I2"]


def test_a_second_posting_of_a_payment_breaks_the_books(own: World) -> None:
    caller = Caller(own.http, kiosk_id=KIOSK)
    payment_id = json_of(caller.pay(caller.bill(another_consumer())))["payment_id"]
    post = own.mongo.db.journal.find_one({"_id": f"{payment_id}:post"})
    assert post is not None
    own.mongo.db.journal.insert_one({**post, "_id": f"{payment_id}:post:2", "resolves": "another"})

    assert {"I2", "I3"} <= set(broken(own))


def test_an_event_that_was_not_counted_breaks_the_books(own: World) -> None:
    caller = Caller(own.http, kiosk_id=KIOSK)
    payment_id = json_of(caller.pay(caller.bill(another_consumer())))["payment_id"]
    row = own.mongo.db.outbox.find_one({"aggregate.id": payment_id})
    assert row is not None
    own.mongo.db.outbox.insert_one({**row, "_id": "another", "seq": Int64(2), "routing_key": "payment.refunded.v1"})
    assert broken(own) == ["I4"]

    own.mongo.db.payments.update_one({"_id": payment_id}, {"$set": {"events_told": 2}})
    assert broken(own) == ["I4"]  # No refund bears it out.


def test_preparing_a_database_again_changes_nothing(own: World) -> None:
    SERVICE.prepare_database(own.mongo)
    install_validators(own.mongo.db)

    assert broken(own) == []


def test_sandbox_money_is_given_once(own: World, run: Any) -> None:
    arguments = ("seed-sandbox", "--kiosk", "ksk_RJ10200002", "--kiosk", "ksk_RJ10700001", "--paise", "5000")

    first, second = run(own, *arguments), run(own, *arguments)

    assert (first.exit_code, second.exit_code) == (0, 0), first.output
    assert "2 wallet(s) funded with ₹50.00, 0 had it already" in first.output
    assert "0 wallet(s) funded with ₹50.00, 2 had it already" in second.output
    wallets = [own.billing.wallets.wallet(kiosk_id) for kiosk_id in ("ksk_RJ10200002", "ksk_RJ10700001")]
    assert [wallet.available_paise for wallet in wallets if wallet] == [5_000, 5_000]
    assert broken(own) == []


def test_two_that_fund_a_centre_at_once_fund_it_once(own: World) -> None:
    barrier = Barrier(8)

    def fund(_: int) -> bool:
        barrier.wait(10)
        return own.billing.fund_sandbox_wallet(FundSandboxWallet("ksk_RJ10700002", 5_000, utc_now()))

    with ThreadPoolExecutor(8) as pool:
        funded = list(pool.map(fund, range(8)))

    assert sorted(funded) == [False] * 7 + [True]
    assert broken(own) == []


def test_funding_that_another_index_refuses_is_not_taken_for_funding_twice(own: World) -> None:
    own.mongo.db.wallets.create_index("available_paise", unique=True, name="a_defect")
    assert own.billing.fund_sandbox_wallet(FundSandboxWallet("ksk_RJ10700003", 7_777, utc_now()))

    with pytest.raises(DuplicateKeyError):
        own.billing.fund_sandbox_wallet(FundSandboxWallet("ksk_RJ10700004", 7_777, utc_now()))

    own.mongo.db.wallets.drop_index("a_defect")


def test_a_span_of_centres_is_funded_one_by_one(world: World, run: Any) -> None:
    result = run(world, "seed-sandbox", "--kiosks", "ksk_RJ99900101..ksk_RJ99900140", "--paise", "5000000000")

    assert "40 wallet(s) funded with ₹5,00,00,000.00" in result.output
    last = world.billing.wallets.wallet("ksk_RJ99900140")
    assert last is not None
    assert last.available_paise == 5_000_000_000


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--kiosk", "jaipur"],
        ["--kiosks", "ksk_RJ99900101"],
        ["--kiosks", "ksk_RJ99900140..ksk_RJ99900101"],
        ["--kiosks", "ksk_RJ00000000..ksk_RJ99999999"],
    ],
)
def test_centres_that_cannot_be_meant_are_refused(world: World, run: Any, arguments: list[str]) -> None:
    before = world.mongo.db.wallets.count_documents({})

    assert run(world, "seed-sandbox", "--paise", "1", *arguments).exit_code == 2
    assert world.mongo.db.wallets.count_documents({}) == before


def test_live_money_is_never_made_up(world: World, run: Any) -> None:
    # Nothing is listening there; it is refused before anybody is asked.
    fit = {
        "MONGODB_URI": "mongodb://billing:3kJ9x_vN0qLr@127.0.0.1:1/",
        "AMQP_URL": "amqp://billing:3kJ9x_vN0qLr@127.0.0.1:1/",
        "CURSOR_SECRET": "3kJ9x_vN0qLr8sT2wYb5cD7fGhZ1mPaU",
        "BILLER_CALLBACK_SECRET": "8sT2wYb5cD7fGhZ1mPa",
    }
    centre = ["--kiosk", "ksk_RJ99900002", "--paise", "5000"]
    result = run(world, "seed-sandbox", *centre, ENVIRONMENT="live", **fit)

    assert result.exit_code == 2, result.output
    assert world.billing.wallets.wallet("ksk_RJ99900002") is None
