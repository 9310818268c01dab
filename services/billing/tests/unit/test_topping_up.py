"""Topping a wallet up, one rule at a time, over fakes that pass the suites of what they stand for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from tests.support.builders import KIOSK, NOW, PACE, a_claim, a_top_up
from tests.support.fakes import FakeCentres, FakePayments, FakeProvider, FakeTopUps, FakeWallets

from billing.application.centres.errors import CentreClosed, CentreSuspended
from billing.application.centres.require_trading import RequireTradingHandler
from billing.application.top_ups.drive_top_up import DriveTopUp, DriveTopUpHandler
from billing.application.top_ups.errors import TopUpNotFound
from billing.application.top_ups.read_top_ups import TopUpReader
from billing.application.top_ups.request_top_up import RequestTopUp, RequestTopUpHandler
from billing.application.top_ups.sweep_top_ups import BATCH, SweepTopUps, SweepTopUpsHandler
from billing.application.wallets.errors import WalletNotOpen
from billing.application.wallets.read_wallets import WalletReader
from billing.domain.centres import Centre, Standing
from billing.domain.ledger.entries import JournalEntry, Kind, Leg
from billing.domain.ledger.limits import WalletLimits
from billing.domain.ledger.statement import DayOfWallet, Statement
from billing.domain.payments.answers import Outcome
from billing.domain.payments.saga import Attempt
from billing.domain.top_ups.saga import TopUpChange
from billing.domain.top_ups.top_up import TopUp, TopUpMove, TopUpState
from servicekit.access import EVERYTHING, Reach
from servicekit.errors import (
    DependencyTimeout,
    DependencyUnavailable,
    FieldProblem,
    IdempotencyKeyReused,
    ServiceError,
    ValidationFailed,
)
from servicekit.idempotency import Claim, Once

OTHER = "ksk_RJ10200002"
JAIPUR = Reach({"district_code": frozenset({"86"})})
ALWAR = Reach({"district_code": frozenset({"87"})})


class FallibleTopUps(FakeTopUps):
    """A store that may be gone when an outcome is recorded, and at which a twin may just have begun."""

    gone: ServiceError | None = None
    twin: TopUp | None = None

    def begin(self, claim: Claim, top_up: TopUp) -> Once[str]:
        if self.twin:
            super().begin(claim, self.twin)
        return super().begin(claim, top_up)

    def record(self, before: TopUp, change: TopUpChange) -> bool:
        if self.gone:
            raise self.gone
        return super().record(before, change)


@dataclass
class AskedStatements:
    """application.wallets.ports.Statements that tell what they were asked for."""

    asked: list[object] = field(default_factory=list)

    def statement(
        self, kiosk_id: str, begin: datetime, end: datetime, *, after: tuple[datetime, str] | None, limit: int
    ) -> Statement:
        self.asked.append((kiosk_id, begin, end, after, limit))
        return Statement(1, 2, (), more=False)

    def days(self, kiosk_id: str, first: date, last: date) -> Sequence[DayOfWallet]:
        self.asked.append((kiosk_id, first, last))
        return [DayOfWallet(first, 1, 2)]


@dataclass
class Counter:
    """A centre in Jaipur with an empty wallet, and everybody whom topping it up asks."""

    store: FakePayments = field(default_factory=lambda: FakePayments(wallets={KIOSK: 0}))
    wallets: FakeWallets = field(default_factory=FakeWallets)
    centres: FakeCentres = field(default_factory=lambda: FakeCentres({KIOSK: Centre(KIOSK, "86")}))
    statements: AskedStatements = field(default_factory=AskedStatements)
    provider: FakeProvider = field(default_factory=FakeProvider)
    limits: Callable[[datetime], WalletLimits] = lambda _: WalletLimits()
    at: datetime = NOW

    def __post_init__(self) -> None:
        self.top_ups = FallibleTopUps(self.store)
        self.wallets.open(KIOSK, credit_limit_paise=0, approved_at=NOW)

    def reader(self) -> WalletReader:
        return WalletReader(self.wallets, self.centres, self.statements)

    def drive(self) -> DriveTopUpHandler:
        return DriveTopUpHandler(self.top_ups, self.provider, PACE, lambda: self.at, lambda: "evt_1")

    def ask(self, **changes: Any) -> Once[TopUp]:
        """The centre tops up ₹5,000.00 by UPI, unless `changes` say otherwise."""
        command = RequestTopUp(
            top_up_id="top_1",
            kiosk_id=KIOSK,
            paise=500_000,
            mode="UPI",
            instrument="tok_sandbox_ok",
            client_id="cli_9",
            reach=JAIPUR,
            request_id="req_9",
            claim=a_claim("key_1"),
            at=self.at,
        )
        trading = RequireTradingHandler(self.centres)
        handler = RequestTopUpHandler(self.reader(), trading, self.top_ups, self.drive(), self.limits, PACE)
        return handler(replace(command, **changes))


@pytest.fixture
def counter() -> Counter:
    return Counter()


def test_the_wallet_has_the_money_as_soon_as_the_provider_says_it_took_it(counter: Counter) -> None:
    # Who has stored the intent just now need not ask before.
    counter.provider.can_be_asked = False

    given = counter.ask()

    assert given == Once(
        TopUp(
            top_up_id="top_1",
            kiosk_id=KIOSK,
            client_id="cli_9",
            paise=500_000,
            mode="UPI",
            instrument="tok_sandbox_ok",
            request_id="req_9",
            state=TopUpState.CREDITED,
            version=2,
            history=(TopUpMove(TopUpState.REQUESTED, NOW), TopUpMove(TopUpState.CREDITED, NOW)),
            created_at=NOW,
            deadline_at=NOW + PACE.deadline,
            resume_at=None,
            reference="chg_top_1:top-up",
        ),
        replayed=False,
    )
    assert counter.store.wallets == {KIOSK: 500_000}
    assert counter.store.journal == {
        "top_1:top-up": JournalEntry(
            "top_1:top-up",
            Kind.TOP_UP,
            NOW,
            (Leg("psp:clearing", -500_000), Leg(f"wallet:{KIOSK}", 500_000)),
            kiosk_id=KIOSK,
            top_up_id="top_1",
        )
    }
    assert counter.top_ups.told == ["top_1"]


@pytest.mark.parametrize("error", [DependencyUnavailable("gone"), DependencyTimeout("late")])
def test_once_the_intent_is_stored_the_answer_is_accepted_and_the_sweeper_goes_on(
    counter: Counter, error: ServiceError
) -> None:
    counter.top_ups.gone = error

    given = counter.ask()

    assert (given.value.state, given.replayed) == (TopUpState.REQUESTED, False)
    assert given.value.resume_at == NOW + PACE.grace
    assert given.value == counter.top_ups.top_ups["top_1"]
    assert counter.store.wallets == {KIOSK: 0}


def test_a_top_up_whose_first_request_did_not_leave_may_be_sent_again_without_an_inquiry(counter: Counter) -> None:
    counter.provider.next_charges = [Outcome.NOT_SENT]

    unsent = counter.ask().value

    assert (unsent.state, unsent.unsent) == (TopUpState.REQUESTED, True)


def test_a_repeat_gives_the_first_top_up_as_it_is_by_then_though_the_centre_may_not_begin_any_more(
    counter: Counter,
) -> None:
    counter.provider.next_charges = [Outcome.UNKNOWN]
    first = counter.ask()
    settled = counter.drive()(DriveTopUp(first.value, Attempt.LATER))
    counter.centres.centres[KIOSK] = Centre(KIOSK, "86", Standing.CLOSED)

    again = counter.ask(top_up_id="top_2")

    assert (first.value.state, settled.state) == (TopUpState.UNKNOWN, TopUpState.CREDITED)
    assert again == Once(settled, replayed=True)
    assert list(counter.top_ups.top_ups) == ["top_1"]


def test_a_key_that_was_used_for_another_top_up_is_refused(counter: Counter) -> None:
    counter.ask()

    with pytest.raises(IdempotencyKeyReused):
        counter.ask(claim=a_claim("key_1", fingerprint="another-body"))


def test_of_two_equal_requests_at_once_only_one_charges(counter: Counter) -> None:
    counter.top_ups.twin = a_top_up("top_twin")

    mine = counter.ask()

    assert (mine.value.top_up_id, mine.replayed) == ("top_twin", True)
    assert counter.provider.charges_received == {}


def test_a_top_up_that_is_no_longer_kept_is_told_to_be_so(counter: Counter) -> None:
    counter.ask()
    counter.top_ups.top_ups.clear()

    with pytest.raises(TopUpNotFound) as gone:
        counter.ask()

    assert gone.value.detail == "The top-up made with this key is no longer kept."


def test_nobody_tops_up_a_wallet_that_is_not_theirs_to_see(counter: Counter) -> None:
    for changes in ({"reach": ALWAR}, {"kiosk_id": OTHER, "reach": EVERYTHING}):
        with pytest.raises(WalletNotOpen) as unseen:
            counter.ask(**changes)
        assert unseen.value.detail == "There is no wallet of this centre that you may see."

    assert counter.top_ups.top_ups == {}


def test_a_centre_that_may_not_trade_begins_no_top_up(counter: Counter) -> None:
    suspended = Centre(KIOSK, "86", Standing.SUSPENDED, since=NOW, until=NOW + timedelta(days=1))
    counter.centres.centres[KIOSK] = suspended

    with pytest.raises(CentreSuspended):
        counter.ask()
    counter.centres.centres[KIOSK] = replace(suspended, standing=Standing.CLOSED)
    with pytest.raises(CentreClosed):
        counter.ask()

    # Once the suspension is over it trades again.
    counter.centres.centres[KIOSK] = suspended
    assert counter.ask(at=NOW + timedelta(days=1)).value.state is TopUpState.CREDITED


LIMITS = WalletLimits(date(2026, 4, 1), least_paise=10_000, most_paise=500_000)


@pytest.mark.parametrize("paise", [10_000, 500_000])
def test_the_least_and_the_most_that_the_order_sets_are_taken(counter: Counter, paise: int) -> None:
    counter.limits = lambda _: LIMITS

    assert counter.ask(paise=paise).value.state is TopUpState.CREDITED


@pytest.mark.parametrize(
    ("paise", "problem"),
    [
        (
            9_999,
            FieldProblem(
                "/amount/amount",
                "amount-too-low",
                "A top-up is at least ₹100.00.",
                "टॉप-अप कम से कम ₹100.00 का होता है।",
            ),
        ),
        (
            500_001,
            FieldProblem(
                "/amount/amount",
                "amount-too-high",
                "A top-up is at most ₹5,000.00.",
                "टॉप-अप अधिक से अधिक ₹5,000.00 का होता है।",
            ),
        ),
    ],
)
def test_what_is_outside_of_the_orders_limits_is_refused_with_the_limit(
    counter: Counter, paise: int, problem: FieldProblem
) -> None:
    counter.limits = lambda _: LIMITS

    with pytest.raises(ValidationFailed) as refused:
        counter.ask(paise=paise)

    assert (refused.value.errors, refused.value.detail) == ((problem,), problem.detail)
    assert counter.top_ups.top_ups == {}


def test_a_limit_that_no_order_sets_limits_nothing(counter: Counter) -> None:
    counter.limits = lambda _: replace(LIMITS, least_paise=None)
    assert counter.ask(paise=1).value.state is TopUpState.CREDITED

    counter.limits = lambda _: replace(LIMITS, most_paise=None)
    more = counter.ask(paise=900_000_000, top_up_id="top_2", claim=a_claim("key_2"))
    assert more.value.state is TopUpState.CREDITED


def test_the_limits_are_those_of_the_moment_at_which_it_was_asked(counter: Counter) -> None:
    asked = []
    counter.limits = lambda at: asked.append(at) or LIMITS  # type: ignore[func-returns-value]

    counter.ask(at=NOW + timedelta(days=1))

    assert asked == [NOW + timedelta(days=1)]


class Killed(BaseException):
    """SIGKILL: nothing on the way catches it."""


@pytest.mark.parametrize(
    ("point", "sent", "state"),
    [
        ("T1", 0, TopUpState.REQUESTED),
        ("T2", 1, TopUpState.REQUESTED),
        ("A2", 1, TopUpState.CREDITED),
    ],
)
def test_whoever_is_killed_at_a_crash_point_leaves_what_the_walk_says(
    counter: Counter, monkeypatch: pytest.MonkeyPatch, point: str, sent: int, state: TopUpState
) -> None:
    def kill(pid: int, signal: int) -> None:
        raise Killed(pid, signal)

    monkeypatch.setattr("os.kill", kill)
    monkeypatch.setenv("CRASH_POINT", point)

    with pytest.raises(Killed):
        counter.ask()

    assert counter.top_ups.top_ups["top_1"].state is state
    assert counter.provider.charges_received.total() == sent


def keep(counter: Counter, *top_ups: TopUp) -> None:
    counter.top_ups.top_ups = {top_up.top_up_id: top_up for top_up in top_ups}


def test_what_the_provider_never_saw_is_charged_by_whoever_comes_later(counter: Counter) -> None:
    keep(counter, a_top_up())

    done = counter.drive()(DriveTopUp(a_top_up(), Attempt.LATER))

    assert done.state is TopUpState.CREDITED
    assert counter.provider.charges_received == {"top_1:top-up": 1}


def test_what_may_have_been_taken_is_asked_about_and_not_taken_again(counter: Counter) -> None:
    counter.provider.next_charges = [Outcome.UNKNOWN]
    in_doubt = counter.ask().value

    done = counter.drive()(DriveTopUp(in_doubt, Attempt.LATER))

    assert done.state is TopUpState.CREDITED
    assert counter.provider.charges_received == {"top_1:top-up": 1}


def test_nobody_is_charged_when_they_may_have_stopped_waiting(counter: Counter) -> None:
    unsent = a_top_up(unsent=True)
    keep(counter, unsent, a_top_up("top_2"))
    counter.at = NOW + PACE.give_up_unsent

    given_up = counter.drive()(DriveTopUp(unsent, Attempt.LATER))
    never_seen = counter.drive()(DriveTopUp(a_top_up("top_2"), Attempt.LATER))

    assert (given_up.state, given_up.refusal) == (TopUpState.REFUSED, "expired")
    assert never_seen.state is TopUpState.UNKNOWN
    assert counter.provider.charges_received == {}


def test_an_ended_top_up_is_left_alone_and_whoever_is_late_learns_how_it_ended(counter: Counter) -> None:
    keep(counter, a_top_up())
    done = counter.drive()(DriveTopUp(a_top_up(), Attempt.LATER))

    assert counter.drive()(DriveTopUp(done, Attempt.LATER)) is done
    assert counter.drive()(DriveTopUp(a_top_up(), Attempt.LATER)) == done
    assert counter.store.wallets == {KIOSK: 500_000}


def sweep_of(counter: Counter) -> SweepTopUpsHandler:
    return SweepTopUpsHandler(counter.top_ups, counter.drive(), PACE, lambda: counter.at)


def test_the_sweeper_goes_on_with_what_is_due_and_gives_whoever_takes_it_the_grace(counter: Counter) -> None:
    keep(counter, a_top_up())
    counter.provider.can_be_asked = False
    taken_until = []
    take_due = counter.top_ups.take_due

    def taking(at: datetime, resume_at: datetime) -> TopUp | None:
        taken = take_due(at, resume_at)
        taken_until.extend([taken.resume_at] if taken else [])
        return taken

    counter.top_ups.take_due = taking  # type: ignore[method-assign]
    swept = []
    for counter.at in (NOW + PACE.grace - timedelta(seconds=1), NOW + PACE.grace):
        swept.append(sweep_of(counter)(SweepTopUps()))

    assert [str(number) for number in swept] == ["0", "1"]
    assert taken_until == [NOW + 2 * PACE.grace]
    # Asked about, never charged: whoever asked first may have sent it.
    assert counter.top_ups.top_ups["top_1"].state is TopUpState.UNKNOWN


def test_one_sweep_goes_on_with_a_bounded_number(counter: Counter) -> None:
    keep(counter, *(a_top_up(f"top_{number}", state=TopUpState.UNKNOWN) for number in range(2 * BATCH)))
    counter.at = NOW + PACE.grace
    counter.provider.can_be_asked = False

    assert sweep_of(counter)(SweepTopUps()) == BATCH
    assert len([top_up for top_up in counter.top_ups.top_ups.values() if top_up.attempts]) == BATCH


def test_a_top_up_is_read_at_its_own_centre_by_who_may_see_that(counter: Counter) -> None:
    top_up = counter.ask().value
    reader = TopUpReader(counter.top_ups, counter.reader())

    assert reader.get(KIOSK, "top_1", JAIPUR) == top_up
    for kiosk_id, top_up_id, reach in (
        (OTHER, "top_1", EVERYTHING),
        (KIOSK, "top_none", EVERYTHING),
        (KIOSK, "top_1", ALWAR),
    ):
        with pytest.raises(TopUpNotFound) as unseen:
            reader.get(kiosk_id, top_up_id, reach)
        assert unseen.value.detail == "There is no top-up with this id at this centre."


def test_a_centres_top_ups_are_read_page_by_page_the_latest_first(counter: Counter) -> None:
    made = [a_top_up(f"top_{hour}", at=NOW + timedelta(hours=hour)) for hour in range(3)]
    keep(counter, *made, a_top_up("top_9", kiosk_id=OTHER))
    reader = TopUpReader(counter.top_ups, counter.reader())

    first = reader.of(KIOSK, JAIPUR, before=None, limit=2)
    rest = reader.of(KIOSK, JAIPUR, before=(first[-1].created_at, first[-1].top_up_id), limit=2)

    assert (first, rest) == ([made[2], made[1]], [made[0]])
    with pytest.raises(WalletNotOpen):
        reader.of(KIOSK, ALWAR, before=None, limit=2)


def test_a_wallet_is_read_by_who_may_see_its_centre_wherever_the_register_says_that_is(counter: Counter) -> None:
    reader = counter.reader()
    of_the_centre = Reach({"kiosk_id": frozenset({KIOSK})})

    assert reader.require(KIOSK, of_the_centre) == counter.wallets.wallets[KIOSK]
    assert (reader.within(KIOSK, JAIPUR), reader.within(KIOSK, ALWAR)) == (True, False)
    counter.centres.centres.clear()
    assert (reader.within(KIOSK, of_the_centre), reader.within(KIOSK, JAIPUR)) == (True, False)


def test_a_statement_is_of_whole_days_in_india_both_included(counter: Counter) -> None:
    first, last, after = date(2026, 11, 1), date(2026, 11, 23), (NOW, "evt_1")

    told = counter.reader().statement(KIOSK, JAIPUR, first, last, after=after, limit=50)
    days = counter.reader().days(KIOSK, JAIPUR, first, last)

    begin, end = (datetime.fromisoformat(f"2026-{day}T18:30:00+00:00") for day in ("10-31", "11-23"))
    assert counter.statements.asked == [(KIOSK, begin, end, after, 50), (KIOSK, first, last)]
    assert (told, days) == (Statement(1, 2, (), more=False), [DayOfWallet(first, 1, 2)])


def test_the_statement_of_a_wallet_out_of_reach_is_not_read(counter: Counter) -> None:
    day = date(2026, 11, 23)

    with pytest.raises(WalletNotOpen):
        counter.reader().statement(KIOSK, ALWAR, day, day, after=None, limit=50)
    with pytest.raises(WalletNotOpen):
        counter.reader().days(KIOSK, ALWAR, day, day)

    assert counter.statements.asked == []
