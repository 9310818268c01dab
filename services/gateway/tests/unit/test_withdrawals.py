"""Which tokens are refused because their access was taken back, and what their callers are told."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from gateway.adapters.known_withdrawals import LOOKS_BACK, KnownWithdrawals
from gateway.application.calls import AccessToken
from gateway.application.errors import AccessEnded, AccessSuspended, TokenWithdrawn
from gateway.application.withdrawals import LONGEST_TOKEN_LIFE, Why, Withdrawal
from servicekit.errors import DependencyUnavailable, ServiceError

NOW = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Store:
    """What all gateways share. While `away` it does not answer."""

    def __init__(self, *kept: Withdrawal) -> None:
        self.noted = [(NOW, withdrawal) for withdrawal in kept]
        self.asked: list[datetime] = []
        self.away = False

    def noted_since(self, instant: datetime) -> Sequence[Withdrawal]:
        if self.away:
            raise DependencyUnavailable("away")
        self.asked.append(instant)
        return [withdrawal for at, withdrawal in self.noted if at >= instant]


class Clock:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def token(*subjects: str) -> AccessToken:
    return AccessToken("cli_1", None, frozenset(), None, 0.0, "key-1", subjects)


def suspended(**changes: object) -> Withdrawal:
    facts = {"of": "ksk_1", "why": Why.CENTRE_SUSPENDED, "since": NOW, "reason": "overcharging"}
    return Withdrawal(**{**facts, **changes})  # type: ignore[arg-type]


def known(clock: Clock, store: Store) -> KnownWithdrawals:
    made = KnownWithdrawals(store, clock)
    made.read()
    return made


def refused(withdrawals: KnownWithdrawals, access: AccessToken) -> ServiceError | None:
    try:
        withdrawals.check(access)
    except ServiceError as error:
        return error
    return None


def test_of_a_suspended_centre_every_token_is_refused_and_nobody_elses(clock: Clock) -> None:
    withdrawals = known(clock, Store(suspended()))
    assert isinstance(refused(withdrawals, token("ksk_1", "cli_1")), AccessSuspended)
    assert refused(withdrawals, token("cli_2", "gra_1")) is None


def test_a_suspension_tells_its_end_its_reason_and_what_to_do_in_both_languages(clock: Clock) -> None:
    error = refused(known(clock, Store(suspended(until=NOW + MINUTE))), token("ksk_1", "cli_1"))
    assert error is not None
    assert (error.members["suspended_until"], error.members["reason"]) == ("2026-11-27T06:01:00.000Z", "overcharging")
    assert "district's e-Mitra office" in error.detail
    assert "ई-मित्र कार्यालय" in error.members["detail_hi"]
    assert "2026-11-27T06:01:00.000Z" in error.detail
    assert "2026-11-27T06:01:00.000Z" in error.members["detail_hi"]


def test_a_suspension_begins_and_ends_at_its_own_instants(clock: Clock) -> None:
    withdrawals = known(clock, Store(suspended(since=NOW + MINUTE, until=NOW + 2 * MINUTE)))
    seen = []
    for minutes in (0.99, 1, 1.99, 2):
        clock.now = NOW + minutes * MINUTE
        seen.append(refused(withdrawals, token("ksk_1", "cli_1")) is not None)
    assert seen == [False, True, True, False]


def test_a_reinstated_centres_tokens_count_again(clock: Clock) -> None:
    store = Store(suspended())
    withdrawals = known(clock, store)
    store.noted = [(NOW, suspended(lifted=True))]
    withdrawals.read()
    assert refused(withdrawals, token("ksk_1", "cli_1")) is None


@pytest.mark.parametrize(
    ("of", "why"),
    [("cli_1", Why.CLIENT_REVOKED), ("rgt_1", Why.RIGHT_CHANGED), ("gra_1", Why.SIGN_IN_ENDED)],
)
def test_what_was_ended_for_good_is_told_by_its_reason(clock: Clock, of: str, why: Why) -> None:
    error = refused(known(clock, Store(Withdrawal(of, why, NOW))), token("cli_1", "rgt_1", "gra_1"))
    assert isinstance(error, TokenWithdrawn)
    assert error.members["why"] == why.value
    assert error.members["detail_hi"]


def test_before_anything_could_be_read_no_token_is_taken(clock: Clock) -> None:
    store = Store()
    store.away = True
    withdrawals = known(clock, store)
    assert isinstance(refused(withdrawals, token("ksk_1", "cli_1")), DependencyUnavailable)
    store.away = False
    withdrawals.read()
    assert refused(withdrawals, token("ksk_1", "cli_1")) is None


def test_while_the_store_is_away_what_is_known_holds_and_afterwards_nothing_is_missed(clock: Clock) -> None:
    store = Store(suspended())
    withdrawals = known(clock, store)
    store.away = True
    clock.now += 10 * MINUTE
    withdrawals.read()
    assert refused(withdrawals, token("ksk_1", "cli_1")) is not None
    store.noted.append((NOW + MINUTE, Withdrawal("gra_1", Why.SIGN_IN_ENDED, NOW)))
    store.away = False
    withdrawals.read()
    assert refused(withdrawals, token("gra_1")) is not None


def test_a_note_that_was_committed_late_is_seen_by_the_next_reading(clock: Clock) -> None:
    store = Store()
    withdrawals = known(clock, store)
    clock.now += timedelta(seconds=1)
    withdrawals.read()
    # Noted before the first reading, committed after the second.
    store.noted.append((NOW - timedelta(seconds=40), suspended(since=NOW - MINUTE)))
    clock.now += timedelta(seconds=1)
    withdrawals.read()
    assert refused(withdrawals, token("ksk_1", "cli_1")) is not None
    assert store.asked[-1] == NOW + timedelta(seconds=1) - LOOKS_BACK


def test_a_closed_centre_is_closed_for_good(clock: Clock) -> None:
    error = refused(known(clock, Store(suspended(why=Why.CENTRE_CLOSED))), token("ksk_1", "cli_1"))
    assert isinstance(error, AccessEnded)


def test_a_suspension_is_remembered_for_as_long_as_it_lasts(clock: Clock) -> None:
    store = Store(suspended())
    withdrawals = known(clock, store)
    clock.now += timedelta(days=400)
    withdrawals.read()
    assert refused(withdrawals, token("ksk_1")) is not None
    store.noted = [(clock.now, suspended(lifted=True))]
    for minutes in (0, 2, 23):
        clock.now += minutes * MINUTE
        withdrawals.read()
    assert withdrawals._known == {}


def test_what_no_token_can_be_left_of_is_forgotten(clock: Clock) -> None:
    store = Store(Withdrawal("cli_1", Why.CLIENT_REVOKED, NOW))
    withdrawals = known(clock, store)
    for minutes in (1, 2, 10, 21):
        clock.now = NOW + minutes * MINUTE
        withdrawals.read()
    assert (
        refused(withdrawals, token("ksk_1", "cli_1")) is not None
    )  # read again, for the last time, at the second minute
    clock.now = NOW + 2 * MINUTE + LONGEST_TOKEN_LIFE
    withdrawals.read()
    assert refused(withdrawals, token("ksk_1", "cli_1")) is None


def test_a_failure_of_the_reading_ends_no_thread_and_loses_nothing(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(suspended())
    withdrawals = known(clock, store)

    def broken(_: datetime) -> Sequence[Withdrawal]:
        raise ValueError("a document of another form")

    monkeypatch.setattr(store, "noted_since", broken)
    withdrawals.read()
    assert refused(withdrawals, token("ksk_1", "cli_1")) is not None
