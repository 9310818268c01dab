"""Finds numbers of people in everything a stack keeps: databases, queues and streams, logs, traces.

What counts: twelve digits that pass Verhoeff and begin as Aadhaar numbers do (2 to 9, or 0 in the sandbox), mobile
numbers, PANs, and any number that the run itself gave to the vault, whatever it looks like.
"""

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pika
import pymongo
import urllib3
from stdnum import verhoeff
from stdnum.in_ import pan

from emitra_local.stack import SIMULATORS, Stack

# Ids in hex that happen to have digits only, and fractions of a number, are no numbers of people.
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_EDGE, _END = r"(?<![0-9A-Za-z_.])", r"(?![0-9A-Za-z_])"
_TWELVE_DIGITS = re.compile(rf"{_EDGE}[02-9]\d{{3}}[ -]?\d{{4}}[ -]?\d{{4}}{_END}")
_MOBILE = re.compile(rf"{_EDGE}(?:\+?91[ -]?|0)?[6-9]\d{{4}}[ -]?\d{{5}}{_END}(?! bytes)")
_PAN = re.compile(rf"{_EDGE}[A-Z]{{5}}[0-9]{{4}}[A-Z]{_END}")
# Consumer numbers of the sandbox's billers have twelve digits too; those that tests use begin like this.
_CONSUMER = re.compile(r"20000000\d{4}")
_WAIT_SECONDS = 5
DOCUMENTS_AT_ONCE = 500


def aadhaar(number: int) -> str:
    """An Aadhaar-shaped number of the sandbox: it begins with 0, which is never issued."""
    digits = f"0{number:010}"
    return digits + str(verhoeff.calc_check_digit(digits))


@dataclass(frozen=True)
class Place:
    """One thing that was looked at: what kind of place, which one, and the text of it."""

    kind: str
    name: str
    text: str = field(repr=False)


def numbers_in(text: str, known: Collection[str] = ()) -> set[str]:
    """The numbers of people in a text; `known` ones are looked for as they are."""
    if "-" in text:
        text = _UUID.sub("", text)
    digits = {re.sub(r"\D", "", match) for match in _TWELVE_DIGITS.findall(text)}
    numbers = {number for number in digits if verhoeff.is_valid(number) and not _CONSUMER.fullmatch(number)}
    numbers |= {re.sub(r"\D", "", match)[-10:] for match in _MOBILE.findall(text)}
    numbers |= {match for match in _PAN.findall(text) if pan.is_valid(match)}
    return numbers | {number for number in known if number in text}


def scan(stack: Stack, traces: Collection[bytes], known: Collection[str] = ()) -> dict[tuple[str, str], set[str]]:
    """The numbers by (kind of place, its name); empty where there is none."""
    numbers: dict[tuple[str, str], set[str]] = {}
    for place in places(stack, traces):
        if inside := numbers_in(place.text, known):
            numbers.setdefault((place.kind, place.name), set()).update(inside)
    return numbers


def places(stack: Stack, traces: Collection[bytes]) -> Iterator[Place]:
    """Everything that the stack keeps."""
    yield from _collections(stack)
    yield from _queues(stack)
    yield from _logs(stack)
    for spans in traces:
        yield Place("trace", "spans", spans.decode(errors="replace"))


def _collections(stack: Stack) -> Iterator[Place]:
    """Every document of every collection; of a server of our own also the oplog, the sessions and the rest."""
    with pymongo.MongoClient[dict[str, Any]](stack.infrastructure.mongodb_uri) as client:
        own = [stack.infrastructure.database_of(service) for service in stack.services]
        names = client.list_database_names() if "mongod" in stack.program_names() else own
        for database in names:
            for collection in client[database].list_collection_names():
                if collection.startswith("system."):
                    continue
                documents = client[database][collection].find()
                # Many at once: the looking through a text costs more for each text than for its length.
                while some := list(islice(documents, DOCUMENTS_AT_ONCE)):
                    yield Place("collection", f"{database}.{collection}", "\n".join(_texts(some)))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield str(name)
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, bytes):
        yield value.decode(errors="replace")
    elif isinstance(value, str | int):
        yield str(value)


def _queues(stack: Stack) -> Iterator[Place]:
    """Every message of every queue, given back afterwards, and of every stream from its beginning."""
    at = urlsplit(stack.infrastructure.management_url)
    login = urllib3.make_headers(basic_auth=f"{unquote(at.username or '')}:{unquote(at.password or '')}")
    vhost = quote(stack.infrastructure.vhost, safe="")
    url = f"http://{at.hostname}:{at.port}/api/queues/{vhost}"
    listed = urllib3.request("GET", url, headers=login, timeout=30).json()
    assert listed, "a broker without queues was not looked at"
    with pika.BlockingConnection(pika.URLParameters(stack.infrastructure.amqp_url)) as connection:
        for queue in listed:
            channel = connection.channel()
            is_stream = queue.get("arguments", {}).get("x-queue-type") == "stream"
            for properties, body in (_streamed if is_stream else _queued)(channel, queue["name"]):
                text = body.decode(errors="replace") + repr(properties)
                yield Place("stream" if is_stream else "queue", queue["name"], text)
            channel.close()  # gives back what was taken


def _queued(channel: Any, queue: str) -> Iterator[tuple[Any, bytes]]:
    while True:
        method, properties, body = channel.basic_get(queue)
        if method is None:
            return
        yield (method.routing_key, properties), body


def _streamed(channel: Any, stream: str) -> Iterator[tuple[Any, bytes]]:
    channel.basic_qos(prefetch_count=100)
    arguments = {"x-stream-offset": "first"}
    for method, properties, body in channel.consume(stream, arguments=arguments, inactivity_timeout=_WAIT_SECONDS):
        if method is None:
            return
        yield (method.routing_key, properties), body
        channel.basic_ack(method.delivery_tag)


def _logs(stack: Stack) -> Iterator[Place]:
    """Every log of the services, the database and the broker; simulators are foreign parties."""
    folders = {stack.state, stack.infrastructure.data}
    for log in chain.from_iterable(folder.rglob("*") for folder in folders):
        if log.is_file() and log.parent.name in {"log", "logs"} and log.name.partition(".")[0] not in SIMULATORS:
            for line in log.read_text(errors="replace").splitlines():
                yield Place("log", log.name, line)


def described(numbers: dict[tuple[str, str], set[str]]) -> str:
    """Where which numbers are, masked: a failing test is a log too."""
    masked = {place: sorted("X" * len(n[:-4]) + n[-4:] for n in inside) for place, inside in numbers.items()}
    return json.dumps({f"{kind} {name}": inside for (kind, name), inside in masked.items()})
