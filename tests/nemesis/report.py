"""A run and its outcome as Markdown, without a machine's paths or anybody's data."""

import os
import platform
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import pymongo
import urllib3

from emitra_local.stack import Stack
from tests.nemesis.checker import Evidence, outcomes
from tests.nemesis.faults import MISBEHAVIOUR
from tests.nemesis.history import Event
from tests.support.invariants import Row

TIMEOUT_SECONDS = 10


@dataclass(frozen=True)
class Run:
    """A run that is over. `strikes` are when, what and to which part; the seconds count from the first payment."""

    seed: int
    minutes: float
    clients: int
    strikes: list[tuple[float, str, str]]
    settled_seconds: float
    """From the last fault until the last payment and event had come to an end."""
    versions: dict[str, str]


def report(run: Run, history: list[Event], evidence: Evidence) -> str:
    """The report of a run in which everything was as it should be."""
    payments = list(evidence.books.payments.values())
    completed = [payment for payment in payments if payment["state"] == "COMPLETED"]
    asked = Counter(event.operation for event in history if event.kind == "invoke")
    codes = Counter((event.kind, event.code) for event in history if event.operation == "pay" and event.code)
    longest = max(
        ((payment["history"][-1]["at"] - payment["created_at"]).total_seconds() for payment in payments), default=0
    )
    figures = {
        "requests to pay": f"{asked['pay']:,}",
        "of them without an answer": f"{sum(times for (kind, _), times in codes.items() if kind == 'indeterminate'):,}",
        "applications lodged": f"{len(evidence.books.applications):,}",
        "of them with their fee paid": f"{sum(payment['application_id'] is not None for payment in completed):,}",
        "looks at payments, receipts, views and wallets": f"{asked.total() - asked['pay'] - asked['apply']:,}",
        "longest way of a payment to its end": f"{longest:.0f} s",
        "from the last fault until everything had settled": f"{run.settled_seconds:.0f} s",
    }
    return (
        "\n\n".join(
            [
                f"# Nemesis: seed {run.seed}, {run.minutes:g} minutes, {run.clients} clients",
                f"{datetime.now(UTC):%Y-%m-%d}. {len(completed):,} payments were completed while {len(run.strikes)} "
                "faults struck. No rule of the history (`checker.py`) and none of the invariants I1 to I8 was broken.",
                _table(("what the client knew · what the books say", "keys"), sorted(outcomes(evidence).items())),
                "Indeterminate: no answer in time, a broken connection or a 5xx, and nothing better when the request "
                "was repeated, if it was. Nothing: there is no payment.",
                _table(("figure", ""), figures.items()),
                _table(("not paid", "because of", "requests"), ((*code, times) for code, times in codes.most_common())),
                _faults(run.strikes),
                _table(("minute", "payments completed"), sorted(_by_minute(completed).items())),
                _table(("version", ""), run.versions.items()),
            ]
        )
        + "\n"
    )


def versions_of(stack: Stack) -> dict[str, str]:
    """What runs, by what it calls itself."""
    with pymongo.MongoClient[Row](stack.infrastructure.mongodb_uri) as client:
        mongodb = client.server_info()["version"]
    at = urllib3.util.parse_url(stack.infrastructure.management_url)
    overview = urllib3.request(
        "GET",
        f"{at.scheme}://{at.host}:{at.port}/api/overview",
        headers=urllib3.make_headers(basic_auth=at.auth),
        timeout=TIMEOUT_SECONDS,
    ).json()
    return {
        "Python": platform.python_version(),
        "MongoDB": mongodb,
        "RabbitMQ": overview["rabbitmq_version"],
        "processors": str(os.cpu_count()),
    }


def _faults(strikes: list[tuple[float, str, str]]) -> str:
    """How often what was done to which part."""
    counted = Counter((part, what) for _, what, part in strikes)
    kinds = sorted({what for _, what in counted}, key=lambda what: (what in MISBEHAVIOUR, what))
    parts = sorted({part for part, _ in counted})
    total = [sum(counted[part, what] for part in parts) for what in kinds]
    rows = [(part, *(counted[part, what] or "" for what in kinds)) for part in parts]
    return _table(("part", *kinds), [*rows, ("all", *total)])


def _by_minute(completed: list[Row]) -> Counter[int]:
    began = min((payment["created_at"] for payment in completed), default=None)
    ends = (payment["history"][-1]["at"] for payment in completed)
    return Counter(int((end - began).total_seconds() // 60) + 1 for end in ends if began)


def _table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
