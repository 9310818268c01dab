"""Logs: one JSON object a line on standard error, from our own code and from the libraries' stdlib loggers.

`event` is a constant; everything variable is a field. Bodies and query strings are never logged. As the last
net, text that looks like an Aadhaar number, a mobile number or a token is blacked out before it is written.
"""

import json
import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog
from pymongo.errors import PyMongoError
from stdnum import verhoeff
from structlog.typing import EventDict, Processor, WrappedLogger

_LONGEST_TRACEBACK = 8_000  # characters; the end names the failure, so the beginning is cut
# A mobile number is the shortest; most values are shorter and skip the pattern.
_SHORTEST_SECRET = 10
# Letters or digits next to it mean an id in hex, not a number of a person.
_SECRET = re.compile(
    r"(?P<token>\bBearer\s+[^\s\"',;]+|\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*)"
    r"|(?<![0-9A-Za-z_])(?P<aadhaar>\d{4}[ -]?\d{4}[ -]?\d{4})(?![0-9A-Za-z_])"
    r"|(?<![0-9A-Za-z_])(?P<mobile>(?:\+?91[ -]?|0)?[6-9]\d{4}[ -]?\d{5})(?![0-9A-Za-z_])",
    re.IGNORECASE,
)
# These speak of every request or command on their own, with addresses and query strings in them.
_QUIET = {"werkzeug": logging.WARNING, "pymongo": logging.WARNING, "pika": logging.WARNING, "amqp": logging.WARNING}
_OWN_HANDLERS = ("gunicorn.error", "gunicorn.access", "werkzeug")


class _StandardError:
    """Standard error as it is at each line: whoever runs a command in a process of theirs puts another in its place."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def configure_logging(level: str, service_name: str, process: str, *, stream: TextIO | None = None) -> None:
    """Route structlog and stdlib logging into one JSON renderer; safe to call again, the last call counts.

    `process` is api, worker, relay or command. Takes over the handlers that gunicorn and werkzeug install.
    """
    out: Any = stream or _StandardError()
    number = logging.getLevelNamesMapping()[level.upper()]
    # Our own constants and clock come after the redaction: it costs more than they do.
    render: list[Processor] = [
        format_exception,
        redact,
        _source(service_name, process),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _to_json,
    ]
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, structlog.processors.add_log_level, *render],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.contextvars.merge_contextvars,
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
            ],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _library_event, *render],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    for name in _OWN_HANDLERS:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    logging.getLogger("gunicorn.access").disabled = True  # `http_request` says it, without the query string
    for name, least in _QUIET.items():
        logging.getLogger(name).setLevel(max(least, number))


def redact(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Black out what looks like a person's number or a credential, anywhere in the event."""
    for name, value in event.items():
        if type(value) is str:
            if len(value) >= _SHORTEST_SECRET:
                event[name] = redacted(value)
        elif not isinstance(value, bool | float | None):
            event[name] = _redacted_any(value)
    return event


def redacted(text: str) -> str:
    """`text` with every Verhoeff-valid 12-digit number, Indian mobile number and bearer token blacked out."""
    return _SECRET.sub(_black_out, text)


def _black_out(match: re.Match[str]) -> str:
    kind = match.lastgroup or "secret"
    if kind == "aadhaar" and not verhoeff.is_valid(re.sub(r"\D", "", match[0])):
        # Twelve digits beginning 91 may still be a mobile number with its country code.
        if not re.fullmatch(r"91[ -]?[6-9].*", match[0]):
            return match[0]
        kind = "mobile"
    return f"[{kind} redacted]"


def _redacted_any(value: Any) -> Any:
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, int):
        text = str(value)
        clean = redacted(text)
        return value if clean == text else clean
    if isinstance(value, MutableMapping):
        return {redacted(str(k)): _redacted_any(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted_any(v) for v in value]
    return value if value is None else redacted(str(value))


def format_exception(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replace exc_info by a traceback of kinds and places: no local variables, and not what the exceptions say.

    Their texts quote what was read (a chunk of a body, a refused document, a wrong value), so none is written.
    """
    given = event.pop("exc_info", None)
    error = given if isinstance(given, BaseException) else sys.exc_info()[1] if given is True else None
    if isinstance(given, tuple):
        error = given[1]
    if error is None:
        return event
    said = traceback.TracebackException.from_exception(error)
    link: traceback.TracebackException | None = said
    cause: BaseException | None = error
    while link is not None and cause is not None:
        number = getattr(cause, "code", None) if isinstance(cause, PyMongoError) else getattr(cause, "errno", None)
        link._str = "" if number is None else f"code {number}"  # type: ignore[attr-defined]
        link.__notes__ = None
        link, cause = (link.__cause__, cause.__cause__) if cause.__cause__ else (link.__context__, cause.__context__)
    event["exception"] = "".join(said.format())[-_LONGEST_TRACEBACK:]
    event["exception_type"] = type(error).__name__
    return event


def _source(service_name: str, process: str) -> Processor:
    def add_source(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["service"] = service_name
        event["process"] = process
        return event

    return add_source


def _library_event(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    # A library's text is not a constant; it becomes a field, so that `event` can be counted.
    event["message"] = event.get("event")
    event["event"] = "library_log"
    return event


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str)


def _to_json(_: WrappedLogger, __: str, event: EventDict) -> str:
    return _ENCODER.encode(event)
