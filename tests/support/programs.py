"""What a running program says of itself: metrics, readiness, log; and how to end it."""

import json
import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import urllib3

from emitra_local.stack import Stack
from tests.support.platform import eventually

# supervisord starts an ended program again within seconds; one that drains first takes longer.
BACK_WITHIN_SECONDS = 45

_SAMPLE = re.compile(r"(?P<name>[a-z_]+)(\{(?P<labels>[^}]*)\})? (?P<value>\S+)")


def metric(stack: Stack, program: str, name: str, *labels: str) -> float:
    """The sum of a worker's or relay's samples of this name whose labels contain all of `labels` ('outcome="parked"').

    Raises AssertionError when the program does not know the metric at all.
    """
    answer = urllib3.request("GET", f"http://127.0.0.1:{stack.ports[f'{program}-probe']}/metrics", timeout=5)
    text = answer.data.decode()
    assert f"# TYPE {name.removesuffix('_total')} " in text or f"# TYPE {name} " in text, f"{program} has no {name}"
    samples = [match for match in map(_SAMPLE.fullmatch, text.splitlines()) if match and match["name"] == name]
    return sum(
        float(sample["value"]) for sample in samples if all(label in (sample["labels"] or "") for label in labels)
    )


def ready(stack: Stack, program: str) -> bool:
    """Whether a worker or relay says so now."""
    try:
        url = f"http://127.0.0.1:{stack.ports[f'{program}-probe']}/readyz"
        return urllib3.request("GET", url, timeout=2, retries=False).status == 200
    except urllib3.exceptions.HTTPError:
        return False


def logged(stack: Stack, program: str, **members: str) -> list[dict[str, Any]]:
    """The lines with these members that the program has logged since the stack was started."""
    lines = (stack.state / "logs" / f"{program}.log").read_text().splitlines()
    entries = [json.loads(line) for line in lines if line.startswith("{")]
    return [entry for entry in entries if members.items() <= entry.items()]


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """Keeps a process from running: its connections stay open, and it says nothing."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def end(stack: Stack, program: str, number: int) -> None:
    """Send a signal that ends the program, and wait until the supervisor has started it again."""
    ended = stack.pid(program)
    os.kill(ended, number)
    eventually(lambda: stack.pid(program) not in {0, ended}, BACK_WITHIN_SECONDS, f"{program} is started again")
