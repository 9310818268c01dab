"""The rate of a re-drive, by a clock of the test's own."""

from servicekit.operations.throttle import Pace


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


def test_no_more_than_the_rate_goes_through() -> None:
    clock = Clock()
    pace = Pace(20, clock, clock.wait)
    gone: list[float] = []
    for _ in range(41):
        pace.keep()
        gone.append(clock.now)
    assert gone[0] == 100.0, "the first need not wait"
    assert gone[-1] - gone[0] == 40 / 20 or abs(gone[-1] - 102.0) < 1e-6
    assert max(sum(1 for other in gone if 0 <= other - each < 1) for each in gone) <= 21


def test_after_a_halt_nothing_is_made_up_for() -> None:
    clock = Clock()
    pace = Pace(10, clock, clock.wait)
    pace.keep()
    clock.now += 60
    pace.keep()
    halted_until = clock.now
    pace.keep()
    assert abs(clock.now - halted_until - 0.1) < 1e-6
