"""What is told of money in doubt, of low wallets, of commission, and of an order before it is in force."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from tests.support.builders import KIOSK, NOW
from tests.support.fakes import FakeCentres
from tests.support.reference import BILLERS, FEES

from billing.application.commission.errors import StatementNotFound
from billing.application.commission.read_statement import CommissionReader
from billing.application.doubts.ports import Doubt, InDoubt
from billing.application.doubts.read_doubts import MODES, DoubtReader, DoubtsOfBiller
from billing.application.doubts.warn_doubts import BATCH, WarnDoubts, WarnDoubtsHandler
from billing.application.tariff.rehearse_order import RehearseOrder, RehearseOrderHandler
from billing.application.timeline.read_timeline import Viewer
from billing.application.wallets.ports import Fall
from billing.application.wallets.tell_low_wallets import BATCH as FALLS_AT_ONCE
from billing.application.wallets.tell_low_wallets import TellLowWallets, TellLowWalletsHandler
from billing.domain.centres import Centre
from billing.domain.commission.statement import Earning, line_of
from billing.domain.doubts.limits import DoubtLimit, DoubtLimits, size_of
from servicekit.access import NOTHING, Reach

HOUR = timedelta(hours=1)


@dataclass
class KnownDoubts:
    """application.doubts.ports.Doubts: those that a test puts in; a doubt of which somebody else warned is `lost`."""

    rows: Sequence[InDoubt] = ()
    near: list[Doubt] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)
    warned: list[tuple[str, str, datetime]] = field(default_factory=list)

    def in_doubt(self, at: datetime) -> Sequence[InDoubt]:
        assert at == NOW
        return self.rows

    def next_near(self, at: datetime) -> Doubt | None:
        assert at == NOW
        return self.near[0] if self.near else None

    def warn(self, doubt: Doubt, event_id: str, at: datetime) -> bool:
        self.near.remove(doubt)
        if doubt.payment_id in self.lost:
            return False
        self.warned.append((doubt.payment_id, event_id, at))
        return True


def a_doubt(number: int) -> Doubt:
    return Doubt(f"pay_{number}", KIOSK, "86", "JVVNL", "CARD", "req_1", NOW, NOW + HOUR)


def test_every_biller_and_mode_is_told_of_with_its_limits_and_how_many_are_in_doubt() -> None:
    billers = {biller_id: BILLERS[biller_id] for biller_id in ("JVVNL", "BSNL")}
    today = DoubtLimit(date(2026, 11, 23), "JVVNL", "CARD", 4 * HOUR)
    tomorrow = DoubtLimit(date(2026, 11, 24), "JVVNL", "CARD", 99 * HOUR)
    row = InDoubt("JVVNL", "CARD", count=12, late=3, oldest_at=NOW - 2 * HOUR - timedelta(minutes=59))
    reader = DoubtReader(
        billers,
        DoubtLimits(24 * HOUR, [today, tomorrow]),
        DoubtLimits(6 * HOUR, [replace(today, mode="UPI", limit=2 * HOUR), replace(tomorrow, mode="UPI")]),
        KnownDoubts([row]),
    )

    told = reader.in_doubt(NOW)

    none = size_of(0)
    of_bsnl = [DoubtsOfBiller("BSNL", billers["BSNL"], mode, 24 * HOUR, 6 * HOUR, none, none, None) for mode in MODES]
    jvvnl = billers["JVVNL"]
    assert told == [
        *of_bsnl,
        DoubtsOfBiller("JVVNL", jvvnl, "WALLET", 24 * HOUR, 6 * HOUR, none, none, None),
        # What waits for a biller that is down waits no longer than anything in doubt.
        DoubtsOfBiller("JVVNL", jvvnl, "CARD", 4 * HOUR, 4 * HOUR, size_of(12), size_of(3), 2),
        DoubtsOfBiller("JVVNL", jvvnl, "UPI", 24 * HOUR, 2 * HOUR, none, none, None),
    ]


def test_the_age_of_a_doubt_is_never_below_zero_whatever_the_clocks_say() -> None:
    rows = [InDoubt("JVVNL", "CARD", 1, 0, NOW + HOUR)]
    usual = DoubtLimits(HOUR)

    told = DoubtReader({"JVVNL": BILLERS["JVVNL"]}, usual, usual, KnownDoubts(rows)).in_doubt(NOW)

    assert [one.oldest_hours for one in told] == [None, 0, None]


def test_people_are_warned_of_each_doubt_that_comes_near_its_limit_once() -> None:
    doubts = KnownDoubts(near=[a_doubt(1), a_doubt(2), a_doubt(3)], lost={"pay_2"})

    warned = WarnDoubtsHandler(doubts, lambda: NOW, lambda: "evt_1")(WarnDoubts())

    assert (str(warned), doubts.warned) == ("2", [("pay_1", "evt_1", NOW), ("pay_3", "evt_1", NOW)])
    assert WarnDoubtsHandler(KnownDoubts(), lambda: NOW, lambda: "evt_1")(WarnDoubts()) == 0


def test_a_bounded_number_of_doubts_is_warned_of_at_once() -> None:
    doubts = KnownDoubts(near=[a_doubt(number) for number in range(BATCH + 1)])

    assert WarnDoubtsHandler(doubts, lambda: NOW, lambda: "evt_1")(WarnDoubts()) == BATCH
    assert len(doubts.near) == 1


@dataclass
class KnownFalls:
    """application.wallets.ports.Falls: those that a test puts in; a fall that somebody else told of is `lost`."""

    falls: list[Fall]
    lost: set[str] = field(default_factory=set)
    told: list[tuple[str, str, str]] = field(default_factory=list)

    def next_untold(self) -> Fall | None:
        return self.falls[0] if self.falls else None

    def tell(self, fall: Fall, event_id: str, request_id: str) -> bool:
        self.falls.remove(fall)
        if fall.kiosk_id in self.lost:
            return False
        self.told.append((fall.kiosk_id, event_id, request_id))
        return True


def told_of(falls: KnownFalls) -> int:
    return TellLowWalletsHandler(falls, lambda: "evt_1", lambda: "req_1")(TellLowWallets())


def test_each_fall_of_a_wallet_below_the_limit_is_told_once() -> None:
    falls = KnownFalls([Fall(f"ksk_{number}", "86", NOW, 5, 10) for number in range(3)], lost={"ksk_1"})

    assert str(told_of(falls)) == "2"
    assert falls.told == [("ksk_0", "evt_1", "req_1"), ("ksk_2", "evt_1", "req_1")]
    assert told_of(falls) == 0


def test_a_bounded_number_of_falls_is_told_of_at_once() -> None:
    falls = KnownFalls([Fall(f"ksk_{number}", None, NOW, 5, 10) for number in range(FALLS_AT_ONCE + 1)])

    assert told_of(falls) == FALLS_AT_ONCE
    assert len(falls.falls) == 1


@dataclass
class KnownEarnings:
    """application.commission.ports.Earnings: one charge of each centre, and what was asked for."""

    asked: list[tuple[str, datetime, datetime]] = field(default_factory=list)

    def of_kiosk(self, kiosk_id: str, begun: datetime, before: datetime) -> Iterator[Earning]:
        self.asked.append((kiosk_id, begun, before))
        yield earned_at(kiosk_id)

    def kiosks_of(self, lsp_id: str) -> Sequence[str]:
        assert lsp_id == "lsp_1"
        return [KIOSK, "ksk_2"]


def earned_at(kiosk_id: str) -> Earning:
    return Earning("evt_1", "pay_1", None, kiosk_id, NOW, "MOBILE", "AGT", date(2026, 11, 23), 0, 500)


NOVEMBER = date(2026, 11, 1)
JAIPUR = Viewer(Reach({"district_code": frozenset({"86"})}))
CENTRES = FakeCentres({KIOSK: Centre(KIOSK, "86", lsp_id="lsp_1"), "ksk_2": Centre("ksk_2", "87")})


def commission() -> tuple[CommissionReader, KnownEarnings]:
    earnings = KnownEarnings()
    return CommissionReader([], earnings, CENTRES), earnings


@pytest.mark.parametrize(
    ("month", "begun", "before"),
    [
        (NOVEMBER, "2026-10-31T18:30", "2026-11-30T18:30"),
        (date(2026, 12, 1), "2026-11-30T18:30", "2026-12-31T18:30"),
        (date(2027, 1, 1), "2026-12-31T18:30", "2027-01-31T18:30"),
    ],
)
def test_a_statement_is_of_a_month_in_india(month: date, begun: str, before: str) -> None:
    reader, earnings = commission()

    assert reader.of_kiosk(KIOSK, month) == [line_of(earned_at(KIOSK), [])]
    begin, end = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (begun, before))
    assert earnings.asked == [(KIOSK, begin, end)]


def test_a_provider_reads_the_lines_of_the_centres_that_are_its_own_by_now() -> None:
    reader, earnings = commission()

    assert [line.earning.kiosk_id for line in reader.of_provider("lsp_1", NOVEMBER)] == [KIOSK, "ksk_2"]
    assert {asked[1:] for asked in earnings.asked} == {
        (datetime(2026, 10, 31, 18, 30, tzinfo=UTC), datetime(2026, 11, 30, 18, 30, tzinfo=UTC))
    }


@pytest.mark.parametrize("viewer", [JAIPUR, Viewer(NOTHING, "lsp_1"), Viewer(Reach({"kiosk_id": frozenset({KIOSK})}))])
def test_a_centres_statement_is_read_by_who_may_see_the_centre(viewer: Viewer) -> None:
    reader, _ = commission()

    assert reader.seen_by(viewer, KIOSK, NOVEMBER) == [line_of(earned_at(KIOSK), [])]


@pytest.mark.parametrize(
    ("viewer", "kiosk_id"),
    [
        (JAIPUR, "ksk_2"),
        (JAIPUR, "ksk_none"),
        (Viewer(NOTHING, "lsp_1"), "ksk_2"),
        (Viewer(NOTHING, "lsp_1"), "ksk_none"),
        (Viewer(Reach({"kiosk_id": frozenset({KIOSK})}), "lsp_2"), KIOSK),
        (Viewer(Reach({})), None),
        (Viewer(Reach({}), "lsp_1"), None),
    ],
)
def test_nobody_else_is_told_whether_the_centre_has_one(viewer: Viewer, kiosk_id: str | None) -> None:
    reader, earnings = commission()

    with pytest.raises(StatementNotFound) as unseen:
        reader.seen_by(viewer, kiosk_id, NOVEMBER)

    assert unseen.value.detail == "There is no statement of this centre for you; name the centre with kiosk_id."
    assert earnings.asked == []


@pytest.mark.parametrize(("month", "before"), [(NOVEMBER, "2026-11-30T18:30"), (date(2026, 12, 1), "2026-12-31T18:30")])
def test_an_order_is_rehearsed_over_the_payments_of_a_month_in_india(month: date, before: str) -> None:
    asked = []

    class Month:
        def completed(self, begun: datetime, before: datetime) -> Iterator[object]:
            asked.append((begun, before))
            return iter(())

    rehearsal = RehearseOrderHandler(FEES, Month())(RehearseOrder([], month))  # type: ignore[arg-type]

    begin = datetime.combine(month - timedelta(days=1), datetime.min.time(), UTC) + timedelta(hours=18, minutes=30)
    assert asked == [(begin, datetime.fromisoformat(before).replace(tzinfo=UTC))]
    assert rehearsal is not None
