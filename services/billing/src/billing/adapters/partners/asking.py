"""What every partner's answer goes through: what is known when none comes, and what may be kept of a foreign text."""

import re
from collections.abc import Callable
from typing import Any

from billing.adapters.partners.json_http import JsonClient, NoAnswer, NotSent, Reply
from billing.domain.payments.answers import Answer, Outcome

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
# Well-formed answers with these statuses say that the request itself was not accepted, so nothing came of it.
_REFUSING_STATUSES = frozenset({400, 404, 422})


def ask(
    client: JsonClient, read: Callable[[Reply], Answer], method: str, path: str, body: dict[str, Any] | None = None
) -> Answer:
    """What `read` makes of the reply; NOT_SENT or UNKNOWN when there is none. Never raises for what a network does."""
    try:
        reply = client.call(method, path, body)
    except NotSent:
        return Answer(Outcome.NOT_SENT)
    except NoAnswer:
        return Answer(Outcome.UNKNOWN)
    return read(reply)


def refusal(reply: Reply) -> Answer | None:
    """REFUSED for a reply that says in form that the request was not accepted, else None."""
    if reply.status in _REFUSING_STATUSES and reply.error:
        return Answer(Outcome.REFUSED, reason=slug_of(reply.error))
    return None


def slug_of(reason: object) -> str:
    """A reason that may be shown and stored: a foreign text could be anything, a customer's name too."""
    return reason if isinstance(reason, str) and _SLUG.fullmatch(reason) else "unspecified"
