"""What the chassis knows of the request in progress, in one object: each look at Flask's `g` costs a microsecond."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, cast

from flask import g
from opentelemetry.trace import INVALID_SPAN, Span

from servicekit.http.callers import Caller
from servicekit.http.marks import Keyed

REQUEST_ID_HEADER = "X-Request-Id"


@dataclass(slots=True)
class Exchange:
    """One request and its answer; `scope` closes what was opened for it (span, deadline, log context)."""

    request_id: str
    started: float
    scope: ExitStack = field(default_factory=ExitStack)
    span: Span = INVALID_SPAN
    caller: Caller | None = None
    keyed: tuple[Keyed, str] | None = None
    body: dict[str, Any] | None = None
    replayed: bool = False


def exchange() -> Exchange:
    """The exchange in progress; AttributeError outside a request."""
    return cast("Exchange", g.exchange)
