"""What every partner's answer goes through: what is known when none comes, or one that cannot be used."""

from collections.abc import Callable
from typing import Any

from billing.adapters.partners import foreign
from billing.adapters.partners.json_http import JsonClient, NoAnswer, NotSent, Reply
from billing.domain.payments.answers import Answer, Outcome

# Well-formed answers with these statuses say that the request itself was not accepted, so nothing came of it.
_REFUSING_STATUSES = frozenset({400, 404, 422})


def ask(
    client: JsonClient, read: Callable[[Reply], Answer], method: str, path: str, body: dict[str, Any] | None = None
) -> Answer:
    """What `read` makes of the reply, UNKNOWN where that raises Unusable; NOT_SENT or UNKNOWN when there is none.

    Never raises for what a network does.
    """
    try:
        reply = client.call(method, path, body)
    except NotSent as error:
        # That the caller's time is over says nothing of the other side.
        return Answer(Outcome.NOT_SENT, down=not error.out_of_time)
    except NoAnswer:
        return Answer(Outcome.UNKNOWN)
    try:
        return read(reply)
    except foreign.Unusable:
        return Answer(Outcome.UNKNOWN)


def refusal(reply: Reply) -> Answer | None:
    """REFUSED for a reply that says in form that the request was not accepted, else None."""
    if reply.status in _REFUSING_STATUSES and reply.error:
        return Answer(Outcome.REFUSED, reason=foreign.slug(reply.error))
    return None
