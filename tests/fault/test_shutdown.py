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
    return sum(metric(stack, program, "consumer_messages_total", 'outcome="duplicate"') for program in CONSUMERS)


def test_consumers_and_relays_stopped_in_order_take_nothing_twice(stack: Stack, platform: Platform) -> None:
    for program in CONSUMERS:
        end(stack, program, signal.SIGTERM)
    stack.await_ready(CONSUMERS)
    with Traffic(platform) as traffic:
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


@pytest.mark.usefixtures("slow_biller")
def test_an_api_that_is_told_to_stop_answers_every_request_it_took(stack: Stack, platform: Platform) -> None:
    with Traffic(platform) as traffic:
        for _ in range(ROUNDS):
            traffic.more(3)
            traffic.under_way()
            end(stack, "billing-api", signal.SIGTERM)
            stack.await_ready(["billing-api"])
        traffic.more(3)
    # While it was away: "nothing was done, repeat". Not one answer was lost or late.
    assert set(traffic.refusals) <= {"service-unreachable"}
    assert_each_paid_once(stack, traffic.promised)


@pytest.mark.usefixtures("slow_biller")
def test_a_gateway_that_is_told_to_stop_answers_every_request_it_took(stack: Stack, platform: Platform) -> None:
    with Traffic(platform) as traffic:
        for _ in range(ROUNDS):
            traffic.more(3)
            traffic.under_way()
            end(stack, "gateway-api", signal.SIGTERM)
            stack.await_ready(["gateway-api"])
        traffic.more(3)
    # While it was away no connection could be made; none was cut.
    assert set(traffic.refusals) <= {"NewConnectionError"}
    assert_each_paid_once(stack, traffic.promised)
