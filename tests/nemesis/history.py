"""What clients asked and were told, in the order in which it happened."""

import json
import threading
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

Operation = Literal["apply", "pay", "payment", "receipt", "top-up", "view", "wallet"]
Kind = Literal["invoke", "ok", "fail", "indeterminate"]
Strike = tuple[float, str, str]
"""When a fault struck, which, and what part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A call begins (`invoke`) or ends; members that say nothing are empty.

    A 4xx is a `fail`: it says that nothing was done. No answer in time, a broken connection or a 5xx is
    `indeterminate`: the call had its whole effect, or none. `call` is its X-Request-Id, which billing stores with a
    payment that the call made. `paise` is all that a payment takes, its service charge included, what a top-up puts in,
    or what a wallet has available.
    """

    at: float
    process: int
    operation: Operation
    kind: Kind
    call: str
    key: str = ""
    bill: str = ""
    wallet: str = ""
    paise: int = 0
    payment: str = ""
    application: str = ""
    top_up: str = ""
    state: str = ""
    receipt: str = ""
    code: str = ""

    def line(self) -> str:
        """As JSON."""
        return json.dumps({name: value for name, value in asdict(self).items() if value or name in {"at", "process"}})


class History:
    """Events in the order of their times, which are seconds since it was made. Any thread may record."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._began = time.monotonic()
        self._lock = threading.Lock()

    def elapsed(self) -> float:
        return round(time.monotonic() - self._began, 6)

    def invoke(self, operation: Operation, process: int, call: str, **members: str | int) -> Event:
        """Record that a call begins."""
        return self._append(operation=operation, process=process, kind="invoke", call=call, **members)

    def end(self, asked: Event, kind: Kind, **members: str | int) -> None:
        """Record how a call ended, with what it was told."""
        answer = {"key": asked.key, "wallet": asked.wallet, "payment": asked.payment} | members
        self._append(operation=asked.operation, process=asked.process, kind=kind, call=asked.call, **answer)

    def write(self, file: Path, strikes: Iterable[Strike]) -> None:
        """One line of JSON each: the events, and among them the faults (when, what, to which part)."""
        lines = [(event.at, event.line()) for event in list(self.events)]
        lines += [(at, json.dumps({"at": at, "fault": what, "part": part})) for at, what, part in strikes]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"{line}\n" for _, line in sorted(lines)), encoding="utf-8")

    def _append(self, **members: str | int) -> Event:
        with self._lock:
            event = Event(at=self.elapsed(), **members)  # type: ignore[arg-type] # the callers name them rightly
            self.events.append(event)
        return event
