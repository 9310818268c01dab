"""The tests' own tools wait for everything that they broke, the simulated partners included."""

import signal

import pytest
import urllib3

from emitra_local.stack import SIMULATORS, Stack
from tests.nemesis.faults import ENDED, KILLED, STOPPED, Nemesis
from tests.nemesis.history import History
from tests.support.programs import end


def control(stack: Stack, simulator: str) -> int:
    """What it answers at the first try."""
    url = f"{stack.simulator_urls[simulator]}/control/clock"
    return urllib3.request("GET", url, retries=False, timeout=5).status


@pytest.mark.parametrize("simulator", SIMULATORS)
def test_a_stack_is_ready_when_its_simulators_answer_too(stack: Stack, simulator: str) -> None:
    end(stack, simulator, signal.SIGKILL)
    stack.await_ready()
    assert control(stack, simulator) == 200


@pytest.mark.parametrize("what", [KILLED, ENDED, STOPPED, "slow"])
def test_what_the_nemesis_did_to_a_simulator_is_over_when_it_is_undone(stack: Stack, what: str) -> None:
    nemesis = Nemesis(stack, 1, History())
    before = stack.pid("biller-simulator")
    nemesis.strike("biller-simulator", what)
    nemesis.undo()
    stack.await_ready()
    assert control(stack, "biller-simulator") == 200
    assert (stack.pid("biller-simulator") == before) is (what not in {KILLED, ENDED})
    faults = urllib3.request("GET", f"{stack.simulator_urls['biller-simulator']}/control/faults").json()
    assert faults["latency_ms"] == 0
