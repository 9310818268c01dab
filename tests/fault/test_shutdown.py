"""Every program is told to stop, again and again, while people pay: it finishes what it began, and nobody notices."""

import signal
from collections.abc import Iterator

import pytest
import urllib3

from emitra_local.stack import Stack
from tests.support.platform import Platform
from tests.support.programs import end, metric
from tests.support.settled import assert_each_paid_once
from tests.support.traffic import Traffic

pytestmark = pytest.mark.long

ROUNDS = 3
CONSUMERS = ["gateway-worker", "certificates-worker"]
BACKGROUND = [*CONSUMERS, "billing-worker", "billing-relay", "gateway-relay"]
# Long enough that several payments are under way whenever a program is told to stop.
BILLER_LATENCY_MS = 700


@pytest.fixture
def slow_biller(stack: Stack) -> Iterator[None]:
    faults = stack.simulator_urls["biller-simulator"] + "/control/faults"
    urllib3.request("POST", faults, json={"latency_ms": BILLER_LATENCY_MS})
    yield
    urllib3.request("POST", faults, json={"latency_ms": 0})


def duplicates(stack: Stack) -> float:
    """What the consumers' present processes were given a second time."""
    return sum(metric(stack, program, "emitra_messages_total", 'outcome="duplicate"') for program in CONSUMERS)


def test_consumers_and_relays_stopped_in_order_take_nothing_twice(stack: Stack, platform: Platform) -> None:
    for program in CONSUMERS:
        end(stack, program, signal.SIGTERM)
    stack.await_ready(CONSUMERS)
    with Traffic(platform, fees=True) as traffic:
        for _ in range(ROUNDS):
            for program in BACKGROUND:
                traffic.more(2)
                assert duplicates(stack) == 0  # before the counters go with their processes
                end(stack, program, signal.SIGTERM)
                stack.await_ready([program])
        traffic.more(5)
    assert not traffic.refusals
    assert_each_paid_once(stack, traffic.promised)
    assert duplicates(stack) == 0


# What clients may meet while it is away: a problem that says "nothing was done, repeat", or no connection. None is cut.
@pytest.mark.parametrize(
    ("program", "refusal"), [("billing-api", "service-unreachable"), ("gateway-api", "NewConnectionError")]
)
@pytest.mark.usefixtures("slow_biller")
def test_an_api_that_is_told_to_stop_answers_every_request_it_took(
    program: str, refusal: str, stack: Stack, platform: Platform
) -> None:
    with Traffic(platform, fees=True) as traffic:
        for _ in range(ROUNDS):
            traffic.more(3)
            traffic.under_way()
            end(stack, program, signal.SIGTERM)
            stack.await_ready([program])
        traffic.more(3)
    assert set(traffic.refusals) <= {refusal}
    assert_each_paid_once(stack, traffic.promised)
