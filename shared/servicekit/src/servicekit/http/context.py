"""What a route may ask about the request in progress."""

from typing import TypeVar

from flask import current_app

from servicekit.http.callers import Caller
from servicekit.http.exchange import exchange

T = TypeVar("T")


def application(kind: type[T]) -> T:
    """The object that the service's bootstrap returned, known to be a `kind`; TypeError if it is not."""
    made = current_app.extensions["servicekit.application"]
    if not isinstance(made, kind):
        raise TypeError(f"bootstrap returned a {type(made).__name__}, not a {kind.__name__}")
    return made


def request_id() -> str:
    """The id of the request in progress: the caller's X-Request-Id if it was acceptable, else minted here."""
    return exchange().request_id


def caller() -> Caller:
    """The authenticated caller of the request in progress; RuntimeError inside a public route."""
    known = exchange().caller
    if known is None:
        raise RuntimeError("caller() was asked for in a public route, where nobody is authenticated")
    return known
