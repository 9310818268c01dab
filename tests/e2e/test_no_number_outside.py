"""After the journeys, no number of a person is anywhere outside the vault, and inside it none can be read.

It runs last of all end-to-end tests (conftest.py): it looks at what they all left behind.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import pika
import pymongo
import pytest

from emitra_local.stack import Stack
from tests.support.collector import Collector
from tests.support.machines import machine
from tests.support.numbers_of_people import aadhaar, described, numbers_in, scan
from tests.support.platform import APPLICATION, Answer, Client, Platform, eventually

EXAMPLE = "9829000000"
NUMBERS = {
    "aadhaar": aadhaar(4815162342),
    "jan-aadhaar-family": "4815162342",
    "jan-aadhaar-member": "48151623421",
    "mobile": "9829054815",
    "pan": "ABMPA4815G",
}
CANARY = aadhaar(2718281828)
# What another test writes into an applicant's address and an officer's remarks on purpose (test_bad_input): the
# platform keeps there what people wrote, and that test shows that it gets no further.
WRITTEN_BY_PEOPLE = {"9829054321"}
KEEPS_WHAT_PEOPLE_WROTE = {"applications", "application_history", "certificates"}
OPLOG = "local.oplog.rs"
PURPOSES = {
    "aadhaar": "benefit-transfer",
    "jan-aadhaar-family": "family-record",
    "jan-aadhaar-member": "family-record",
    "mobile": "notice-to-person",
    "pan": "tax-statement",
}
SCOPES = ["vault:write", "vault:reveal", "vault:readings", *{f"vault-purpose:{name}" for name in PURPOSES.values()}]


@pytest.fixture(scope="module")
def department(stack: Stack, platform: Platform) -> Client:
    return machine(stack, platform, SCOPES)


@pytest.fixture(scope="module")
def lived(stack: Stack, platform: Platform, department: Client, collector: Collector) -> list[bytes]:
    """Numbers stored and read, typed wrongly and into the wrong places; a payment and a certificate beside them.
    Returns what the programs told of their spans, of all tests before too."""
    _use_the_vault(department)
    _misuse_the_vault(platform, department)
    _pay_and_certify(platform)
    # The spans of the last request leave within a second, and those of all services have by then.
    words = (b"gateway", b"identity", b"billing", b"certificates", b"/v1/vault/detokenisations")
    eventually(lambda: all(collector.with_text(word) for word in words), 30, f"spans with {words} have come")
    return list(collector.received)


def _use_the_vault(department: Client) -> None:
    for kind, number in NUMBERS.items():
        spaced = f" {number[:4]} {number[4:8]}-{number[8:]} "
        stored = department.post("/v1/vault/references", {"kind": kind, "number": spaced})
        assert stored.status == 200, stored
        assert number not in json.dumps(stored.json)
        reference = stored.json["reference"]
        shown = department.post("/v1/vault/detokenisations", {"reference": reference, "purpose": PURPOSES[kind]})
        assert (shown.status, shown.json["number"]) == (200, number)
        readings = department.get(f"/v1/vault/references/{reference}/readings")
        assert [item["client_id"] for item in readings.json["items"]] == [department.client_id]


def _misuse_the_vault(platform: Platform, department: Client) -> None:
    """The right number in every wrong place."""
    number, path = NUMBERS["aadhaar"], "/v1/vault/references"
    wrong: list[Any] = [
        {"kind": "pan", "number": number},
        {"kind": number, "number": number},
        {"kind": "aadhaar", "number": number, number: "aadhaar"},
        {"kind": "aadhaar", "number": int("2" + number[1:])},
        {"kind": "aadhaar", "number": [number]},
        f'{{"kind": "aadhaar", "number": "{number}'.encode(),
    ]
    for body in wrong:
        answer = department.post(path, body, **{"Content-Type": "application/json"})
        assert 400 <= answer.status < 500, (body, answer)
    for reference, purpose in ((number, "benefit-transfer"), ("vlt_" + "0" * 32, number)):
        body = {"reference": reference, "purpose": purpose}
        assert department.post("/v1/vault/detokenisations", body).status == 422
    assert department.get(f"{path}/{number}/readings").status == 404
    assert department.get(f"{path}?number={number}").status in {404, 405}
    kiosk = platform.client("kiosk-jaipur")
    assert kiosk.post(path, {"kind": "aadhaar", "number": number}).status == 403
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    login = f"grant_type=client_credentials&client_id={number}&client_secret={number}".encode()
    assert platform.call("POST", "/v1/oauth2/token", login, form).status == 401
    assert platform.call("GET", f"/v1/transactions/{number}", headers={"X-Request-Id": number}).status == 401


def _pay_and_certify(platform: Platform) -> None:
    kiosk = platform.client("kiosk-jaipur")
    paid = kiosk.pay(kiosk.fetch_bill("200000000990"))
    assert paid.status == 201, paid
    application = kiosk.post("/v1/applications", APPLICATION)
    assert application.status == 201, application

    def demand() -> Answer | None:
        answer = kiosk.post("/v1/bill-fetches", application.json["fee"]["pay_with"])
        return answer if answer.status == 201 else None

    fee = eventually(demand, what="billing has raised the fee demand").json["bills"][0]
    assert kiosk.pay(fee).status == 201
    path = f"/v1/applications/{application.json['application_id']}"
    eventually(lambda: kiosk.get(path).json["state"] == "IN_VERIFICATION", what="the fee has arrived")
    officer = platform.client("officer-tehsildar-jaipur")
    assert officer.post(f"{path}/decisions", {"decision": "approve", "remarks": "In order."}).status == 201
    kiosk.transaction_when(application.json["transaction_token"], "ISSUED")
    kiosk.transaction_when(paid.json["transaction_token"], "COMPLETED")


@contextmanager
def in_a_collection(stack: Stack) -> Iterator[str]:
    with pymongo.MongoClient[dict[str, Any]](stack.infrastructure.mongodb_uri) as client:
        collection = client[stack.infrastructure.database_of("billing")]["canaries"]
        collection.insert_one({"deep": [{"inside": json.dumps({"a": CANARY}).encode()}]})
        yield collection.full_name
        collection.drop()


@contextmanager
def in_a_queue(stack: Stack, kind: str = "quorum") -> Iterator[str]:
    name = f"canaries.{kind}"
    with pika.BlockingConnection(pika.URLParameters(stack.infrastructure.amqp_url)) as connection:
        channel = connection.channel()
        channel.queue_declare(name, durable=True, arguments={"x-queue-type": kind})
        channel.confirm_delivery()
        channel.basic_publish("", name, json.dumps({"applicant": CANARY}).encode())
        yield name
        channel.queue_delete(name)


@contextmanager
def in_a_log(stack: Stack) -> Iterator[str]:
    log = stack.state / "logs" / "canary-api.log"
    log.write_text(f'{{"event":"canary","path":"/v1/people/{CANARY[:4]} {CANARY[4:8]} {CANARY[8:]}"}}\n')
    yield log.name
    log.unlink()


PLANTED: dict[str, Callable[[Stack], AbstractContextManager[str]]] = {
    "collection": in_a_collection,
    "queue": in_a_queue,
    "stream": lambda stack: in_a_queue(stack, "stream"),
    "log": in_a_log,
}


@dataclass(frozen=True)
class Seen:
    """What one scan saw, `numbers` by kind of place and name, and by kind the name of the place with a canary."""

    numbers: Mapping[tuple[str, str], set[str]] = field(repr=False)
    planted: Mapping[str, str]

    def not_explained(self) -> dict[tuple[str, str], set[str]]:
        """Without what people wrote into their own papers, the example of the documents, which the gateway keeps as it
        publishes them, and the canaries where they were put."""

        def left(kind: str, name: str, inside: set[str]) -> set[str]:
            ever = (kind, name) == ("collection", OPLOG)  # nothing that was ever written leaves it
            written = ever or (kind == "collection" and name.rpartition(".")[2] in KEEPS_WHAT_PEOPLE_WROTE)
            canary = ever or self.planted.get(kind) == name
            return inside - {EXAMPLE} - (WRITTEN_BY_PEOPLE if written else set()) - ({CANARY} if canary else set())

        return {place: some for place, inside in self.numbers.items() if (some := left(*place, inside))}


@pytest.fixture(scope="module")
def seen(stack: Stack, lived: list[bytes]) -> Seen:
    """One scan while a canary is in a place of every kind: that those are seen shows that others would have been."""
    traces = [*lived, b"\n\x0chttp.route\x12" + CANARY.encode() + b"\x1a"]
    with ExitStack() as places:
        planted = {kind: places.enter_context(plant(stack)) for kind, plant in PLANTED.items()}
        return Seen(scan(stack, traces, NUMBERS.values()), planted | {"trace": "spans"})


def test_no_number_of_a_person_is_outside_the_vault(seen: Seen) -> None:
    numbers = seen.not_explained()
    assert not numbers, described(numbers)


@pytest.mark.parametrize("kind", [*PLANTED, "trace"])
def test_the_scan_sees_a_canary_in_every_kind_of_place(seen: Seen, kind: str) -> None:
    assert CANARY in seen.numbers[kind, seen.planted[kind]]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (CANARY, 1),
        (f"a {CANARY[:4]}-{CANARY[4:8]}-{CANARY[8:]}.", 1),
        ("234123412346", 1),
        ("+91 98290 54815", 1),
        ("ABMPA4815G", 1),
        ("134123412346", 0),
        ("100000000001", 0),
        ("0." + CANARY, 0),
        (f"01930a6c-5e8b-7d3f-9a41-{CANARY}", 0),
        (f"pay_{CANARY}", 0),
        ("4064657408 bytes, 9829054815 bytes", 0),
    ],
)
def test_the_scan_knows_a_number_of_a_person_from_others(text: str, count: int) -> None:
    assert len(numbers_in(text)) == count
