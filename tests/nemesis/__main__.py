"""`make nemesis`: payments and faults side by side, then the history and the books. Exits with 1 on a violation."""

import argparse
import secrets
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random

import urllib3
from pymongo.errors import PyMongoError

from emitra_local.problems import CannotStart
from emitra_local.stack import Stack, disposable_stack
from tests.nemesis.checker import Evidence, Violation, problem_of, violations
from tests.nemesis.clients import REPEAT_FOR_SECONDS, REQUEST_SECONDS, Payer
from tests.nemesis.faults import Nemesis
from tests.nemesis.history import History, Strike
from tests.nemesis.report import Run, report, versions_of
from tests.support.invariants import Books, assert_invariants, read_books
from tests.support.platform import Platform

ROOT = Path(__file__).resolve().parents[2]
CLIENTS, MOST_CLIENTS = 16, 200
# At most a day: the history is kept in memory.
MINUTES, MOST_MINUTES = 10.0, 1_440.0
# When nothing breaks any more: two inquiries are a minute apart by then, and what waits is more than in a fault test.
SETTLED_WITHIN_SECONDS = 240
# What a client has in hand when it is told to stop: a bill, a payment and its repeats, other keys, a look.
CLIENTS_END_WITHIN_SECONDS = REPEAT_FOR_SECONDS + 8 * REQUEST_SECONDS
# Some consumers' billers decide after half a minute.
EVERYTHING_SETTLES_SECONDS = 60
CONTROL_TIMEOUT_SECONDS = 10
SAYS_EVERY_SECONDS = 30.0
SHOWN_VIOLATIONS = 20
SHOWN_EVENTS = 40


def main() -> int:
    options = _arguments()
    print(f"seed {options.seed}, {options.minutes:g} minutes, {options.clients} clients", flush=True)
    with disposable_stack(ROOT, in_memory=False, say=print) as stack:
        history = History()
        nemesis = Nemesis(stack, options.seed, history)
        versions = versions_of(stack)
        file = ROOT / ".local" / f"nemesis-{options.seed}.jsonl"
        with kept(history, nemesis.strikes, file):
            payers = _payers(stack, options.seed, options.clients, history)
            problems = _drive(payers, nemesis, history, options.minutes * 60)
            ended = time.monotonic()
            books = _settle(stack, problems)
            settled_seconds = time.monotonic() - ended
            broken = violations(history.events, books)
        if broken or problems:
            _tell(broken, problems, history, books)
            summary = f"seed {options.seed}: {len(broken)} violations, {len(problems)} problems"
            print(f"\n{summary}; the history is in {file.relative_to(ROOT)}")
            shutil.copytree(stack.state / "logs", ROOT / ".local" / f"nemesis-{options.seed}-logs", dirs_exist_ok=True)
            return 1
    run = Run(options.seed, options.minutes, options.clients, nemesis.strikes, settled_seconds, versions)
    text = report(run, history.events, Evidence(history.events, books))
    print(f"\n{text}")
    if options.report:
        options.report.write_text(text, encoding="utf-8")
    return 0


@contextmanager
def kept(history: History, strikes: Iterable[Strike], file: Path) -> Iterator[None]:
    """The history is in the file afterwards, whatever ends the block: a fault of the harness, or Ctrl-C."""
    try:
        yield
    finally:
        history.write(file, strikes)


def _payers(stack: Stack, seed: int, clients: int, history: History) -> list[Payer]:
    """Every centre of the sandbox and the portal, dealt out to the clients; each is signed in."""
    platform = Platform(stack.run_info)
    names = [client["name"] for client in platform.run_info["clients"] if client.get("kiosk_id")] + ["portal-sandbox"]
    names = Random(seed).sample(names, len(names))
    payers = [
        Payer(number, seed, platform, names[number % len(names) :: clients], history) for number in range(clients)
    ]
    for payer in payers:
        payer.open()
    return payers


def _drive(payers: Sequence[Payer], nemesis: Nemesis, history: History, seconds: float) -> list[str]:
    """Let clients and faults run for `seconds`. Returns when every fault is undone and every client has ended, with
    what went wrong in the harness itself."""
    problems: list[str] = []
    faults_end, clients_end = threading.Event(), threading.Event()

    def guarded(run: Callable[[threading.Event], None], stopping: threading.Event) -> None:
        try:
            run(stopping)
        except BaseException as error:  # noqa: BLE001 - told by the main thread, which ends the run
            problems.append(f"{type(error).__name__}: {error}")
            faults_end.set()

    against = threading.Thread(target=guarded, args=(nemesis.run, faults_end))
    paying = [threading.Thread(target=guarded, args=(payer.run, clients_end)) for payer in payers]
    for thread in [against, *paying]:
        thread.start()
    give_up_at = history.elapsed() + seconds
    try:
        while (left := give_up_at - history.elapsed()) > 0 and not faults_end.wait(min(left, SAYS_EVERY_SECONDS)):
            answered = sum(event.kind == "ok" and event.operation == "pay" for event in list(history.events))
            print(
                f"{history.elapsed():5.0f} s: {answered} payments answered, {len(nemesis.strikes)} faults", flush=True
            )
    finally:  # on Ctrl-C too: nothing may stay stopped
        faults_end.set()
        against.join()
        clients_end.set()
    for thread in paying:
        thread.join(CLIENTS_END_WITHIN_SECONDS)
        if thread.is_alive():
            problems.append("a client does not come to its end")
    return problems


def _settle(stack: Stack, problems: list[str]) -> Books:
    """Wait until everything runs and everything has come to its end, the billers' own waits included, with I1 to I8;
    what does not joins `problems`."""
    try:
        stack.infrastructure.await_mongodb()
        stack.infrastructure.await_rabbitmq()
        stack.await_ready()
        for url in stack.simulator_urls.values():
            advance = {"advance_seconds": EVERYTHING_SETTLES_SECONDS}
            answer = urllib3.request("POST", f"{url}/control/clock", json=advance, timeout=CONTROL_TIMEOUT_SECONDS)
            assert answer.status == 200, answer.data
        return assert_invariants(stack, SETTLED_WITHIN_SECONDS)
    except (AssertionError, CannotStart, PyMongoError, urllib3.exceptions.HTTPError) as error:
        problems.append(f"{type(error).__name__}: {error}")
        return read_books(stack)


def _tell(broken: Sequence[Violation], problems: Sequence[str], history: History, books: Books) -> None:
    for violation in [*(problem_of(text, books) for text in problems), *broken[:SHOWN_VIOLATIONS]]:
        print(f"\n{violation.rule}: {violation.sentence}")
        part = violation.part_of(history.events)
        print("\n".join(f"  {event.line()}" for event in part[-SHOWN_EVENTS:]))
        for payment_id in sorted(violation.about & books.payments.keys()):
            print(f"  {payment_id} in the books: {_moves(books, payment_id)}")


def _moves(books: Books, payment_id: str) -> str:
    return " → ".join(f"{step['state']} {step['at']:%H:%M:%S.%f}" for step in books.payments[payment_id]["history"])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.nemesis", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="random when left out")
    parser.add_argument("--minutes", type=_up_to(MOST_MINUTES), default=MINUTES, help="how long faults strike")
    parser.add_argument("--clients", type=_up_to(MOST_CLIENTS, int), default=CLIENTS)
    parser.add_argument("--report", type=Path, metavar="FILE", help="where the report of a green run goes")
    return parser.parse_args()


def _up_to(most: float, number: type[int] | type[float] = float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            given = number(text)
        except ValueError:
            given = 0
        if not 0 < given <= most:
            raise argparse.ArgumentTypeError(f"must be more than 0 and at most {most:g}, not {text}")
        return given

    return read


if __name__ == "__main__":
    sys.exit(main())
