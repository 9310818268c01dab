"""What other services, operators and callers tell or ask, and what is then kept or answered."""

from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from tests.support.builders import KIOSK, NOW, PACE, a_payment
from tests.support.fakes import (
    FakeAutomaticRefunds,
    FakeBreaks,
    FakeCentres,
    FakeMarks,
    FakePayments,
    FakeRecords,
    FakeRefunds,
    FakeWallets,
)
from tests.support.sentences import is_sentence

from billing.application.books.check_books import CheckBooks, CheckBooksHandler
from billing.application.centres.errors import CentreClosed, CentreSuspended
from billing.application.centres.note_standing import NoteStanding, NoteStandingHandler
from billing.application.centres.require_trading import RequireTrading, RequireTradingHandler
from billing.application.payments.errors import PaymentNotFound, TransactionNotFound
from billing.application.payments.read_payments import PaymentReader
from billing.application.refunds.request_refund import new_refund
from billing.application.refunds.return_refused_fee import ReturnRefusedFee, ReturnRefusedFeeHandler
from billing.application.wallets.fund_sandbox_wallet import FundSandboxWallet, FundSandboxWalletHandler
from billing.application.wallets.open_wallet import OpenWallet, OpenWalletHandler
from billing.domain.books import PaymentFacts, WalletFacts
from billing.domain.centres import Centre, Standing
from billing.domain.ledger.entries import sandbox_funding
from billing.domain.ledger.wallet import Wallet
from billing.domain.payer import Payer
from billing.domain.payments.breaks import Break, BreakKind
from billing.domain.payments.payment import Payment, State
from billing.domain.refunds.refund import Destination

BEFORE, AFTER = NOW - timedelta(days=1), NOW + timedelta(days=1)
CENTRE = Centre(KIOSK, "86", Standing.SUSPENDED, since=BEFORE, until=AFTER, reason="overcharging")


def test_how_a_centre_stands_is_kept_as_the_register_told_it_and_a_later_word_replaces_it() -> None:
    centres = FakeCentres()
    note_standing = NoteStandingHandler(centres)

    note_standing(NoteStanding(KIOSK, "86", Standing.SUSPENDED, BEFORE, "overcharging", until=AFTER))
    assert centres.centres == {KIOSK: CENTRE}

    note_standing(NoteStanding(KIOSK, "102", Standing.CLOSED, NOW, "death"))
    assert centres.centres == {KIOSK: Centre(KIOSK, "102", Standing.CLOSED, since=NOW, until=None, reason="death")}


def test_a_suspended_centre_is_told_until_when_and_why() -> None:
    require_trading = RequireTradingHandler(FakeCentres({KIOSK: CENTRE, "ksk_2": replace(CENTRE, until=None)}))

    with pytest.raises(CentreSuspended) as ending:
        require_trading(RequireTrading(KIOSK, NOW))
    with pytest.raises(CentreSuspended) as endless:
        require_trading(RequireTrading("ksk_2", NOW))

    assert ending.value.members == {"suspended_until": "2026-11-24T06:00:00.000Z", "reason": "overcharging"}
    assert "suspended until 2026-11-24T06:00:00.000Z;" in ending.value.detail
    assert endless.value.members == {"suspended_until": None, "reason": "overcharging"}
    assert "suspended until it is reinstated;" in endless.value.detail
    assert is_sentence(ending.value.detail)


def test_a_closed_centre_is_told_why() -> None:
    require_trading = RequireTradingHandler(FakeCentres({KIOSK: replace(CENTRE, standing=Standing.CLOSED)}))

    with pytest.raises(CentreClosed) as closed:
        require_trading(RequireTrading(KIOSK, NOW))

    assert closed.value.members == {"reason": "overcharging"}
    assert is_sentence(closed.value.detail)


def test_a_centre_that_may_trade_is_told_as_it_is_known() -> None:
    require_trading = RequireTradingHandler(FakeCentres({KIOSK: CENTRE}))

    assert require_trading(RequireTrading(KIOSK, AFTER)) == CENTRE
    assert require_trading(RequireTrading("ksk_unknown", NOW)) is None
    assert require_trading(RequireTrading(None, NOW)) is None


def test_an_approved_centre_has_its_wallet_and_credit_once_and_its_district_and_provider_are_known() -> None:
    wallets, centres = FakeWallets(), FakeCentres()
    open_wallet = OpenWalletHandler(wallets, centres)

    open_wallet(OpenWallet(KIOSK, "86", 500_000, NOW, "lsp_1"))
    open_wallet(OpenWallet(KIOSK, "102", 900_000, AFTER, "lsp_2"))

    assert wallets.wallets == {KIOSK: Wallet(KIOSK, 0, 0, 500_000)}
    assert wallets.approved == {KIOSK: NOW}
    assert centres.centres == {KIOSK: Centre(KIOSK, "86", lsp_id="lsp_2")}


def test_play_money_is_given_once_however_often_it_is_asked_for() -> None:
    wallets = FakeWallets()
    fund_sandbox_wallet = FundSandboxWalletHandler(wallets)

    funded = [fund_sandbox_wallet(FundSandboxWallet(KIOSK, 700, at)) for at in (NOW, AFTER)]

    assert funded == [True, False]
    assert wallets.wallets == {KIOSK: Wallet(KIOSK, 700, 0, 0)}
    assert list(wallets.journal.values()) == [sandbox_funding(KIOSK, 700, NOW)]


def test_a_fee_whose_payment_is_not_known_here_is_looked_at_by_people_within_the_published_time() -> None:
    breaks = FakeBreaks()
    refunds = FakeAutomaticRefunds(FakeRefunds(FakePayments()))
    return_refused_fee = ReturnRefusedFeeHandler(refunds, breaks, PACE, lambda: "rfd_1")

    for reason in ("already-paid", "again"):
        return_refused_fee(ReturnRefusedFee("pay_1", "app_1", reason, NOW))

    detail = "not the fee of app_1: already-paid"
    due_at = NOW + timedelta(hours=24)
    assert breaks.of("pay_1") == [Break("pay_1", BreakKind.FEE_REFUSED, detail, opened_at=NOW, due_at=due_at)]


PAID_FEE = a_payment(application_id="app_1").posted(NOW, "ref", resume_at=NOW)


def fees_back(payment: Payment = PAID_FEE) -> tuple[ReturnRefusedFeeHandler, FakeRefunds, FakeBreaks]:
    """What gives fees back, the refunds that it made, and the breaks that it opened."""
    breaks, refunds, numbers = FakeBreaks(), FakeRefunds(FakePayments({KIOSK: 0}, {"pay_1": payment})), count(1)
    handler = ReturnRefusedFeeHandler(FakeAutomaticRefunds(refunds), breaks, PACE, lambda: f"rfd_{next(numbers)}")
    return handler, refunds, breaks


def test_a_refused_fee_is_given_back_once_less_what_went_back_before() -> None:
    before = replace(PAID_FEE, refunding_paise=500, refunded_paise=500)
    return_refused_fee, refunds, breaks = fees_back(before)

    for reason in ("already-paid", "again"):
        return_refused_fee(ReturnRefusedFee("pay_1", "app_1", reason, AFTER))

    (refund,) = refunds.of_payment("pay_1")
    expected = new_refund(
        before, refund_id="rfd_1", client_id="cli_1", paise=152_000, destination=Destination.WALLET,
        reason="fee-refused", cause="fee-refused:pay_1", request_id="req_1", at=AFTER, pace=PACE, resume_at=AFTER,
    )  # fmt: skip
    assert refund == replace(expected, debits=refund.debits)
    assert breaks.of("pay_1") == []


def test_the_rule_of_a_withdrawal_may_give_back_a_part_and_never_more_than_is_left() -> None:
    for paise, given in ((700, 700), (152_500, 152_500), (152_501, 152_500), (1, 1)):
        return_refused_fee, refunds, _ = fees_back()

        return_refused_fee(ReturnRefusedFee("pay_1", "app_1", "withdrawn", NOW, paise, "application-withdrawn"))

        (refund,) = refunds.of_payment("pay_1")
        assert (refund.paise, refund.reason, refund.cause) == (
            given,
            "application-withdrawn",
            "application-withdrawn:pay_1",
        )


def test_where_nothing_is_left_or_due_there_is_no_refund_and_nobody_has_to_look() -> None:
    all_back = replace(PAID_FEE, refunding_paise=152_500, refunded_paise=152_500)
    for payment, paise in ((all_back, None), (PAID_FEE, 0)):
        return_refused_fee, refunds, breaks = fees_back(payment)

        return_refused_fee(ReturnRefusedFee("pay_1", "app_1", "already-paid", NOW, paise))

        assert (refunds.of_payment("pay_1"), breaks.of("pay_1")) == ([], [])


def test_a_refused_fee_that_people_have_had_stays_theirs() -> None:
    return_refused_fee, refunds, breaks = fees_back()
    theirs = Break("pay_1", BreakKind.FEE_REFUSED, "given back by hand", NOW, AFTER)
    breaks.open(replace(theirs, kind=BreakKind.LATE_SUCCESS))
    breaks.open(theirs)

    return_refused_fee(ReturnRefusedFee("pay_1", "app_1", "already-paid", NOW))

    assert refunds.of_payment("pay_1") == []


def test_a_break_of_another_kind_or_payment_keeps_no_fee_from_its_payer() -> None:
    return_refused_fee, refunds, breaks = fees_back()
    breaks.open(Break("pay_1", BreakKind.LATE_SUCCESS, "late", NOW, AFTER))
    breaks.open(Break("pay_2", BreakKind.FEE_REFUSED, "whose?", NOW, AFTER))

    return_refused_fee(ReturnRefusedFee("pay_1", "app_1", "already-paid", NOW))

    assert len(refunds.of_payment("pay_1")) == 1


def test_while_another_refund_is_on_its_way_a_refused_fee_is_peoples() -> None:
    breaks, payments = FakeBreaks(), FakePayments(wallets={KIOSK: 0})
    payments.payments["pay_1"] = replace(a_payment().posted(NOW, "ref", resume_at=NOW), refunding_paise=500)
    refunds = FakeRefunds(payments)
    return_refused_fee = ReturnRefusedFeeHandler(FakeAutomaticRefunds(refunds), breaks, PACE, lambda: "rfd_1")

    return_refused_fee(ReturnRefusedFee("pay_1", "app_1", "already-paid", NOW))

    assert refunds.of_payment("pay_1") == []
    assert [opened.kind for opened in breaks.of("pay_1")] == ["fee-refused"]


PAYMENT = a_payment(transaction_token="EM7K3M9Q2XV4BTC")
OF_PORTAL = a_payment("pay_2", mode="CARD")
READER = PaymentReader(FakePayments(payments={"pay_1": PAYMENT, "pay_2": OF_PORTAL}))


def test_a_payment_is_shown_to_whom_it_belongs_and_is_not_there_for_anybody_else() -> None:
    assert READER.get("pay_1", Payer("cli_2", KIOSK)) == PAYMENT
    assert READER.get("pay_2", Payer("cli_1", None)) == OF_PORTAL

    for payment_id, payer in (
        ("pay_1", Payer("cli_3", None)),
        ("pay_1", Payer("cli_1", "ksk_2")),
        ("pay_2", Payer("cli_2", None)),
        ("pay_3", Payer("cli_1", KIOSK)),
    ):
        with pytest.raises(PaymentNotFound) as hidden:
            READER.get(payment_id, payer)
        assert is_sentence(hidden.value.detail)


def test_the_gateway_finds_a_payment_by_its_token_alone() -> None:
    assert READER.by_token("EM7K3M9Q2XV4BTC") == PAYMENT

    with pytest.raises(TransactionNotFound) as unknown:
        READER.by_token("EM0000000000000")
    assert is_sentence(unknown.value.detail)


def test_the_books_are_checked_from_all_records_of_one_snapshot() -> None:
    records = FakeRecords(
        folded={"bank": -3, f"wallet:{KIOSK}": 5},
        unbalanced=["ent_1"],
        receipts={"EM-2627-X": 2},
        stored_wallets=[WalletFacts(KIOSK, 4, 0)],
        stored_payments=[
            PaymentFacts("pay_1", State.AUTH_REQUESTED, "CARD", None, 700, False, 0, False, [], 0, 0, 0),
            PaymentFacts("pay_2", State.AUTH_FAILED, "CARD", None, 700, False, 1, False, [], 0, 0, 0),
        ],
        stray=(["pay_8"], ["pay_9"], ["pay_10"]),
    )  # fmt: skip

    books = CheckBooksHandler(records, FakeMarks())(CheckBooks(NOW))

    assert (records.checked_at, records.is_open) == (NOW, False)
    assert books.balances == {"bank": -3, f"wallet:{KIOSK}": 5}
    assert books.states == {"AUTH_FAILED": 1, "AUTH_REQUESTED": 1}
    assert [(finding.invariant, finding.breaks) for finding in books.findings] == [
        ("I1", ("ent_1 does not sum to zero", "total 2")),
        ("I2", ("pay_8: entries without a payment", "pay_10: refunds without a payment")),
        ("I3", ("receipt EM-2627-X on 2 payments",)),
        ("I4", (
            "pay_2: AUTH_FAILED, 1 events counted, 0 completed, 0 failed, 0 others",
            "pay_9: events without a payment",
        )),
        ("I5", (f"{KIOSK}: wallet 4, journal 5",)),
        ("I9", ()),
    ]  # fmt: skip
