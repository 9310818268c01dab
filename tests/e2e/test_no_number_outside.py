"""After the journeys, no number of a person is anywhere outside the vault, and inside it none can be read.

It runs last of all end-to-end tests (conftest.py): it looks at what they all left behind.
"""

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pika
import pymongo
import pytest
from stdnum import verhoeff

from emitra_local.stack import Stack
from tests.support.numbers_of_people import described, numbers_in, scan
from tests.support.platform import APPLICATION, Answer, Client, Platform, eventually


def aadhaar(number: int) -> str:
    """Of the sandbox: it begins with 0, which is never issued."""
    digits = f"0{number:010}"
    return digits + verhoeff.calc_check_digit(digits)


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
SCOPES = [
    "vault:write",
    "vault:reveal",
    "vault:readings",
    *(f"vault-purpose:{purpose}" for purpose in ("benefit-transfer", "family-record", "notice-to-person", "tax-statement")),
]
PURPOSES = {
    "aadhaar": "benefit-transfer",
    "jan-aadhaar-family": "family-record",
    "jan-aadhaar-member": "family-record",
    "mobile": "notice-to-person",
    "pan": "tax-statement",
}


@pytest.fixture(scope="module")
def traces(stack: Stack) -> Iterator[list[bytes]]:
    """What every program of the platform tells a collector; they are restarted to tell it, and again to stop."""
    received: list[bytes] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing to say."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    where = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{server.server_port}"}
    traced = [name for name in stack.program_names() if name.rpartition("-")[2] in {"api", "worker", "relay"}]
    for program in traced:
        stack.restart_program(program, where)
    stack.await_ready(traced)
    yield received
    for program in traced:
        stack.restart_program(program)
    stack.await_ready(traced)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def department(stack: Stack, platform: Platform) -> Client:
    """A department's machine that may use the vault, registered as an engineer registers one."""
    scopes = [word for scope in SCOPES for word in ("--scope", scope)]
    created = subprocess.run(
        [str(stack.services["identity"].executable), "create-client", "--name", "Benefits", "--kind", "machine", *scopes],
        env=stack.env_of("identity", "api"),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    known = json.loads(created.stdout)
    return Client(platform.run_info["gateway_url"], known["client_id"], known["client_secret"], platform.http)


@pytest.fixture(scope="module")
def lived(stack: Stack, platform: Platform, department: Client, traces: list[bytes]) -> list[bytes]:
    """Numbers stored and read, typed wrongly and into the wrong places; a payment and a certificate beside them."""
    _use_the_vault(department)
    _misuse_the_vault(platform, department)
    _pay_and_certify(platform)
    # The spans of the last request leave within five seconds, and those of all services have by then.
    asked = ("gateway", "identity", "billing", "certificates")
    eventually(lambda: all(name.encode() in b"".join(traces) for name in asked), 30, "the services' spans have come")
    eventually(lambda: b"/v1/vault/detokenisations" in b"".join(traces), 30, "the vault's spans have come")
    return traces


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
    for body in ({"reference": number, "purpose": "benefit-transfer"}, {"reference": "vlt_" + "0" * 32, "purpose": number}):
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


def outside(stack: Stack, traces: list[bytes]) -> dict[tuple[str, str], set[str]]:
    """What the scan sees, without what people wrote into their own papers."""
    numbers = scan(stack, traces, [*NUMBERS.values(), CANARY])
    for (kind, name), inside in numbers.items():
        if kind == "collection" and (name.rpartition(".")[2] in KEEPS_WHAT_PEOPLE_WROTE or name == "local.oplog.rs"):
            inside -= WRITTEN_BY_PEOPLE
    return {place: inside for place, inside in numbers.items() if inside}


def test_no_number_of_a_person_is_outside_the_vault(stack: Stack, lived: list[bytes]) -> None:
    numbers = outside(stack, lived)
    assert not numbers, described(numbers)


def in_a_collection(stack: Stack) -> Callable[[], object]:
    client = pymongo.MongoClient[dict[str, Any]](stack.infrastructure.mongodb_uri)
    collection = client[stack.infrastructure.database_of("billing")]["canaries"]
    collection.insert_one({"deep": [{"inside": json.dumps({"a": CANARY}).encode()}]})
    return lambda: (collection.drop(), client.close())


def in_a_queue(stack: Stack, arguments: dict[str, str] | None = None) -> Callable[[], object]:
    name = "canaries"
    connection = pika.BlockingConnection(pika.URLParameters(stack.infrastructure.amqp_url))
    channel = connection.channel()
    channel.queue_declare(name, durable=True, arguments={"x-queue-type": "quorum"} | (arguments or {}))
    channel.confirm_delivery()
    channel.basic_publish("", name, json.dumps({"applicant": CANARY}).encode())
    return lambda: (channel.queue_delete(name), connection.close())


def in_a_stream(stack: Stack) -> Callable[[], object]:
    return in_a_queue(stack, {"x-queue-type": "stream"})


def in_a_log(stack: Stack) -> Callable[[], object]:
    log = stack.state / "logs" / "canary-api.log"
    log.write_text(f'{{"event":"canary","path":"/v1/people/{CANARY[:4]} {CANARY[4:8]} {CANARY[8:]}"}}\n')
    return log.unlink


PLANTED = {
    "collection": in_a_collection,
    "queue": in_a_queue,
    "stream": in_a_stream,
    "log": in_a_log,
}


@pytest.mark.parametrize("kind", PLANTED)
def test_the_scan_sees_a_canary_in_every_kind_of_place(stack: Stack, lived: list[bytes], kind: str) -> None:
    remove = PLANTED[kind](stack)
    try:
        seen = {place for place, _ in outside(stack, lived)}
    finally:
        remove()
    assert kind in seen


def test_the_scan_sees_a_canary_in_a_trace(stack: Stack, lived: list[bytes]) -> None:
    assert ("trace", "spans") in scan(stack, [*lived, b"\n\x0chttp.route\x12" + CANARY.encode() + b"\x1a"])


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
