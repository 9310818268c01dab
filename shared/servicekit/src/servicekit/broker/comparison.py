"""Whether a broker has what a topology says: every difference as a sentence that names what to change.

Only what the topology defines is judged. What else is on the broker (queues of an older version, somebody's binding for
a look at the traffic) is nobody's mistake.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from servicekit.broker.topology import Topology

Objects = Mapping[str, Sequence[Mapping[str, Any]]]

# Replies over AMQP that no new connection changes: an object is not there (404); what we want is not permitted to our
# user (403), who may not even enter the virtual host (530).
REFUSALS = {403, 404, 530}
# What the broker keeps of an exchange or queue for as long as it exists.
_FIXED = {"exchange": ("type", "durable", "auto_delete", "internal"), "queue": ("durable", "auto_delete")}
_RECREATE = "this cannot be changed in place: move its messages, delete it, and load the topology"


def differences(topology: Topology, actual: Objects) -> list[str]:
    """What differs between the topology and what a broker has, one sentence each; empty when nothing does.

    `actual` holds `exchanges`, `queues`, `bindings`, `policies` and `operator-policies` as RabbitMQ's
    management API lists them (see `broker_admin.read`). Arguments and the policy in force must be equal, not merely
    include what is asked: one too many can drop messages.
    """
    definitions = topology.definitions()
    policies = {policy["name"]: policy["definition"] for policy in definitions["policies"]}
    exchanges, queues = ({row["name"]: row for row in actual[kind]} for kind in ("exchanges", "queues"))
    sentences: list[str] = []
    for exchange in definitions["exchanges"]:
        sentences += _unlike("exchange", exchange, exchanges.get(exchange["name"]))
    for queue in definitions["queues"]:
        unlike = _unlike("queue", queue, queues.get(queue["name"]))
        # A queue that has to be made again is told once: a classic one takes none of our policies either.
        sentences += unlike or _misruled(queues[queue["name"]], policies.get(queue["name"], {}), actual)
    routes = [_route(binding) for binding in actual["bindings"]]
    for binding in definitions["bindings"]:
        source, destination, key, _ = route = _route(binding)
        # The bindings of what is missing are missing with it.
        if route not in routes and source in exchanges and destination in queues:
            sentences.append(f"binding of queue {destination} to exchange {source} by routing key {key!r} is missing")
    return sentences


def refusal(error: Any) -> str:
    """What an error with a `reply_code` of `REFUSALS` means, for people.

    The broker's own text names the object; its words are others in each of its versions, the code is always the same.
    """
    what = "missing" if error.reply_code == 404 else "not permitted"
    return f"{what} ({error.reply_code}): {error.reply_text}; the service's `topology --apply` mends it"


def _unlike(kind: str, declared: Mapping[str, Any], there: Mapping[str, Any] | None) -> list[str]:
    if there is None:
        return [f"{kind} {declared['name']} is missing"]
    have, want = ({name: side[name] for name in _FIXED[kind]} | _arguments(side) for side in (there, declared))
    return [f"{kind} {declared['name']}: {_changes(have, want)}; {_RECREATE}"] if have != want else []


def _misruled(queue: Mapping[str, Any], want: Mapping[str, Any], actual: Objects) -> Iterator[str]:
    applied = next((policy for policy in actual["policies"] if policy["name"] == queue.get("policy")), None)
    have = applied["definition"] if applied else {}
    if have != want:
        rules = "has no policy" if applied is None else f"is under policy {applied['name']}"
        if applied is not None and applied["name"] != queue["name"]:
            rules += ", which overrules the topology's and must go"
        yield f"queue {queue['name']} {rules}: {_changes(have, want)}"
    for operators in actual["operator-policies"]:
        # The list of queues does not tell which operator policy is in force.
        if re.search(operators["pattern"], queue["name"]) and not operators["definition"].items() <= want.items():
            sets = json.dumps(operators["definition"])
            yield f"queue {queue['name']} is under operator policy {operators['name']}, which must go: it sets {sets}"


def _changes(have: Mapping[str, Any], want: Mapping[str, Any]) -> str:
    absent = object()
    told = []
    for name in sorted({*have, *want}):
        there, should = have.get(name, absent), want.get(name, absent)
        if there != should:
            is_now = "is not set" if there is absent else f"is {json.dumps(there)}"
            must = "should not be" if should is absent else f"should be {json.dumps(should)}"
            told.append(f"{name} {is_now} and {must}")
    return ", ".join(told)


def _arguments(row: Mapping[str, Any]) -> dict[str, Any]:
    return {f"argument {name}": value for name, value in dict(row["arguments"] or {}).items()}


def _route(binding: Mapping[str, Any]) -> tuple[Any, ...]:
    return binding["source"], binding["destination"], binding["routing_key"], binding["destination_type"]
