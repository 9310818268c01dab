"""The rate of a re-drive, by a clock of the test's own."""

from servicekit.operations.throttle import Throttle


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
    throttle = Throttle(20, clock, clock.wait)
    gone: list[float] = []
    for _ in range(41):
        throttle.keep()
        gone.append(clock.now)
    assert gone[0] == 100.0, "the first need not wait"
    assert gone[-1] - gone[0] == 40 / 20 or abs(gone[-1] - 102.0) < 1e-6
    assert max(sum(1 for other in gone if 0 <= other - each < 1) for each in gone) <= 21


def test_after_a_halt_nothing_is_made_up_for() -> None:
    clock = Clock()
    throttle = Throttle(10, clock, clock.wait)
    throttle.keep()
    clock.now += 60
    throttle.keep()
    halted_until = clock.now
    throttle.keep()
    assert abs(clock.now - halted_until - 0.1) < 1e-6
