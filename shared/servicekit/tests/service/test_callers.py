"""Slow, half and broken callers at a real api process: nobody else feels them, and each gets an answer."""

import json
import os
import re
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
import urllib3

from servicekit.http.server import MOST_CONNECTIONS
from servicekit.testing import eventually, internal_headers
from servicekit.testing.tokens import JWKS

THREADS = 4
CALLERS = 200
PROGRAM = """
import time
from typing import Any

import marshmallow as ma
from flask import request
from marshmallow import fields
from servicekit.http import Blueprint
from servicekit.service import Service, command_line
from servicekit.settings import ServiceSettings

class Settings(ServiceSettings):
    service_name = "maker"

class Thing(ma.Schema):
    name = fields.String(required=True)

blp = Blueprint("things")

@blp.route("/v1/things")
@blp.public("a test")
@blp.response(200)
def things():
    return {"things": "x" * 8_000_000 if "large" in request.headers.get("X-Answer", "") else ""}

@blp.route("/v1/things", methods=["POST"])
@blp.public("a test")
@blp.repeatable("a test")
@blp.arguments(Thing)
@blp.response(201)
def make(body):
    return {"characters": len(body["name"])}

@blp.route("/v1/private-things", methods=["POST"])
@blp.requires("things:write")
@blp.repeatable("a test")
@blp.arguments(Thing)
@blp.response(201)
def make_private(body):
    return {}

@blp.route("/v1/pictures", methods=["POST"])
@blp.public("a test")
@blp.repeatable("a test")
@blp.reads_up_to(8_000_000)
def read_picture():
    file = request.files["picture"].stream
    return {"bytes": len(file.read()), "kept": type(file).__name__}

command_line(Service(name="maker", version="1", settings=Settings, bootstrap=lambda settings, mongo: mongo,
        blueprints=[blp]))()
"""
READ = b"GET /v1/things HTTP/1.1\r\nHost: a\r\n\r\n"
MADE = b'{"name": "Sita"}'


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class Api:
    """One api process with few threads, and its log."""

    def __init__(self, log: Path) -> None:
        self.port, self.probes, self._log = free_port(), free_port(), log

    @contextmanager
    def caller(self) -> Iterator[socket.socket]:
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            yield connection

    def exchange(self, sent: bytes) -> tuple[int, dict[str, str], bytes, bytes]:
        """Status, headers and body of the answer to these very bytes, and what comes behind it until the end."""
        with self.caller() as connection:
            connection.sendall(sent)
            return read_answer(connection)

    def logged(self) -> str:
        return self._log.read_text()


def read_answer(connection: socket.socket) -> tuple[int, dict[str, str], bytes, bytes]:
    with connection.makefile("rb") as file:
        status = int(file.readline().split()[1])
        headers = {}
        while (line := file.readline().strip()) != b"":
            name, _, value = line.decode().partition(": ")
            headers[name.lower()] = value
        body = file.read(int(headers["content-length"]))
        connection.settimeout(3)
        try:
            return status, headers, body, file.read()
        except TimeoutError:
            return status, headers, body, b"(still open)"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    log = tmp_path_factory.mktemp("api") / "log"
    running = Api(log)
    env = {
        "MONGODB_DATABASE": "callers", "AMQP_URL": "amqp://unused", "INTERNAL_TOKEN_JWKS": JWKS,
        "CURSOR_SECRET": "a-cursor-secret-that-only-tests-use", "HTTP_THREADS": str(THREADS),
        "HTTP_PORT": str(running.port), "API_PROBE_PORT": str(running.probes),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }  # fmt: skip
    with log.open("w") as out:
        process = subprocess.Popen([sys.executable, "-c", PROGRAM, "api"], env={**os.environ, **env}, stderr=out)
        try:
            eventually(lambda: answers(running, "/livez"), timeout_seconds=30)
            yield running
        finally:
            process.kill()
            process.wait(10)


def answers(api: Api, path: str) -> bool:
    try:
        return urllib3.request("GET", f"http://127.0.0.1:{api.probes}{path}", timeout=2, retries=False).status == 200
    except urllib3.exceptions.HTTPError:
        return False


POST = b"POST /v1/things HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
SLOW = {
    "nothing": b"",
    "one byte": b"G",
    "half a head": READ[:-4],
    "a body of one byte": POST + b"Content-Length: 1000\r\n\r\n{",
    "half a chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n40\r\n{",
}


@pytest.mark.parametrize("sent", SLOW.values(), ids=SLOW)
def test_however_many_callers_are_slow_the_next_one_and_the_probes_are_answered(api: Api, sent: bytes) -> None:
    with ExitStack() as held:
        for _ in range(CALLERS):
            held.enter_context(api.caller()).sendall(sent)
        for _ in range(3):
            begun = time.monotonic()
            assert api.exchange(READ.replace(b"Host", b"Connection: close\r\nHost"))[0] == 200
            assert answers(api, "/livez")
            assert answers(api, "/readyz")
            # Not the speed of it: a thread that waits for a caller does so for seconds.
            assert time.monotonic() - begun < 3


def test_with_all_connections_taken_the_longest_waiting_makes_room(api: Api) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, MOST_CONNECTIONS + 1000), hard))
    with ExitStack() as held:
        for _ in range(MOST_CONNECTIONS + 50):
            held.enter_context(api.caller()).sendall(b"G")
        assert api.exchange(READ.replace(b"Host", b"Connection: close\r\nHost"))[0] == 200
    metrics = urllib3.request("GET", f"http://127.0.0.1:{api.probes}/metrics", timeout=5).data.decode()
    (evicted,) = re.findall(r"^emitra_http_connections_evicted_total (\S+)$", metrics, re.MULTILINE)
    assert float(evicted) >= 50


def test_callers_that_do_not_take_their_answers_hold_no_thread(api: Api) -> None:
    with ExitStack() as held:
        for _ in range(2 * THREADS):
            held.enter_context(api.caller()).sendall(READ.replace(b"Host", b"X-Answer: large\r\nHost"))
        assert api.exchange(READ.replace(b"Host", b"Connection: close\r\nHost"))[0] == 200


def test_an_answer_that_is_taken_slowly_arrives_whole(api: Api) -> None:
    sent = READ.replace(b"Host", b"Connection: close\r\nX-Answer: large\r\nHost")
    status, _, body, rest = api.exchange(sent)
    assert (status, len(json.loads(body)["things"]), rest) == (200, 8_000_000, b"")


def test_who_may_not_pass_is_refused_without_the_body(api: Api) -> None:
    head = POST.replace(b"things", b"private-things") + b"Content-Length: 60000\r\n\r\n"
    status, headers, body, rest = api.exchange(head)
    assert (status, json.loads(body)["code"], headers["connection"]) == (401, "not-authenticated", "close")
    assert rest == b""


def test_who_may_pass_is_asked_for_the_body_and_answered_when_it_has_come(api: Api) -> None:
    bearer = internal_headers("maker", scopes=("things:write",))["Authorization"]
    head = POST.replace(b"things", b"private-things") + f"Authorization: {bearer}\r\n".encode()
    with api.caller() as connection:
        connection.sendall(head + b"Expect: 100-continue\r\nContent-Length: 16\r\nConnection: close\r\n\r\n")
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        for byte in MADE:
            connection.sendall(bytes([byte]))
        assert read_answer(connection)[0] == 201


def test_a_body_that_comes_late_is_waited_for_and_read_once(api: Api) -> None:
    with api.caller() as connection:
        connection.sendall(POST + b"Content-Length: 16\r\n\r\n" + MADE[:3])
        connection.settimeout(0.6)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.settimeout(20)
        connection.sendall(MADE[3:] + READ.replace(b"Host", b"Connection: close\r\nHost"))
        status, _, body, rest = read_answer(connection)
    assert (status, json.loads(body)) == (201, {"characters": 4})
    assert rest.startswith(b"HTTP/1.1 200")


def test_the_callers_own_time_bounds_the_reading_of_the_body(api: Api) -> None:
    with api.caller() as connection:
        connection.sendall(POST + b"Emitra-Timeout-Ms: 1000\r\nContent-Length: 1000\r\n\r\n{")
        status, _, body, rest = read_answer(connection)
    assert (status, json.loads(body)["code"], json.loads(body)["retryable"]) == (408, "request-timeout", True)
    assert rest == b""


CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
BROKEN = {
    "no size": CHUNKED + b"zz\r\n" + MADE + b"\r\n0\r\n\r\n",
    "the document where the size should be": CHUNKED + b'{"document":"Sita Devi"}\r\n\r\n',
    "a negative size": CHUNKED + b"-10\r\n" + MADE + b"\r\n0\r\n\r\n",
    "a bad extension": CHUNKED + b'10;"\r\n' + MADE + b"\r\n0\r\n\r\n",
    "no end of the chunk": CHUNKED + b"10\r\n" + MADE + b"XX0\r\n\r\n",
    "a bad trailer": CHUNKED + b"10\r\n" + MADE + b"\r\n0\r\nHost: b\r\n\r\n",
    "no end of lines": CHUNKED + b"1" * 9000,
    "two codings": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "both framings": POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "a length that is none": POST + b"Content-Length: 1e1\r\n\r\n{}",
    "not HTTP": b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    "a header without a name": READ.replace(b"Host", b": x\r\nHost"),
}


@pytest.mark.parametrize("sent", BROKEN.values(), ids=BROKEN)
def test_what_is_no_request_is_a_400_and_the_end_of_the_connection(api: Api, sent: bytes) -> None:
    status, headers, body, rest = api.exchange(sent + READ)
    assert (status, json.loads(body)["code"], headers["connection"]) == (400, "malformed-request", "close")
    assert json.loads(body)["title_hi"]
    # What followed is not served: nobody knows where a next request would begin.
    assert rest == b""


CUT = {
    "in the head": READ[:-4],
    "in the body": POST + b"Content-Length: 99\r\n\r\n{",
    "in a chunk": CHUNKED + b"10\r\n{",
}


@pytest.mark.parametrize("sent", CUT.values(), ids=CUT)
def test_a_request_that_was_cut_off_is_a_400(api: Api, sent: bytes) -> None:
    with api.caller() as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        status, _, body, _ = read_answer(connection)
    assert (status, json.loads(body)["code"]) == (400, "malformed-request")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (POST + b"Content-Length: 70000\r\n\r\n" + b"x" * 70_000, 413),
        (CHUNKED + b"fffff\r\n" + b"x" * 0xFFFFF + b"\r\n0\r\n\r\n", 413),
        (b"GET /v1/things?" + b"x" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        (b"GET /v1/things HTTP/1.1\r\nX: " + b"x" * 40_000, 431),
    ],
    ids=["a body", "a body in chunks", "an address", "headers"],
)
def test_what_is_too_large_is_refused_and_told_so(api: Api, sent: bytes, status: int) -> None:
    answered, headers, _, _ = api.exchange(sent)
    assert (answered, headers["content-type"]) == (status, "application/problem+json")


def upload(count: int, *, framing: str = "Content-Length") -> bytes:
    """A form with a file of so many bytes, as browsers send it; sent whole or in one chunk."""
    form = (
        b'--b\r\nContent-Disposition: form-data; name="picture"; filename="p.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
        + b"x" * count
        + b"\r\n--b--\r\n"
    )
    head = b"POST /v1/pictures HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    if framing == "Content-Length":
        return head + b"Content-Length: %d\r\n\r\n%s" % (len(form), form)
    return head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(form), form)


@pytest.mark.parametrize("framing", ["Content-Length", "chunks"])
def test_a_route_that_reads_more_gets_it_and_nothing_of_it_touches_a_disk(api: Api, framing: str) -> None:
    status, _, body, _ = api.exchange(upload(7_000_000, framing=framing))
    assert (status, json.loads(body)) == (200, {"bytes": 7_000_000, "kept": "BytesIO"})


def test_what_is_too_large_for_such_a_route_is_told_when_it_has_all_been_sent(api: Api) -> None:
    status, _, body, _ = api.exchange(upload(20_000_000))
    assert (status, json.loads(body)["code"]) == (413, "body-too-large")
    assert "8000000 bytes" in json.loads(body)["detail"]


def test_large_bodies_share_a_limit_and_small_ones_do_not_notice(api: Api) -> None:
    unfinished = upload(7_000_000)[:-1]
    with ExitStack() as stack:
        held = [stack.enter_context(api.caller()) for _ in range(5)]
        for connection in held:
            with suppress(OSError):  # the one that is refused
                connection.sendall(unfinished)
        status, _, body, _ = read_answer(held[-1])
        assert (status, json.loads(body)["retryable"]) == (503, True)
        assert api.exchange(READ)[0] == 200
        for connection in held[:-1]:
            connection.sendall(b"\n")
        assert [read_answer(connection)[0] for connection in held[:-1]] == [200] * 4
    assert api.exchange(upload(7_000_000))[0] == 200


def test_chunks_are_understood_however_they_come(api: Api) -> None:
    body = b"".join(b"%x;a=b\r\n%s\r\n" % (1, bytes([byte])) for byte in MADE) + b"0\r\nX-Trailer: 1\r\n\r\n"
    with api.caller() as connection:
        for byte in CHUNKED + body:
            connection.sendall(bytes([byte]))
        status, headers, answer, _ = read_answer(connection)
    assert (status, json.loads(answer)) == (201, {"characters": 4})
    assert headers["connection"] == "close"


def test_requests_sent_at_once_are_answered_in_turn_on_one_connection(api: Api) -> None:
    made = POST + b"Content-Length: 16\r\n\r\n" + MADE
    with api.caller() as connection:
        connection.sendall(READ + made + READ.replace(b"Host", b"Connection: close\r\nHost"))
        _, _, _, rest = read_answer(connection)
    assert rest.count(b"HTTP/1.1 201") == rest.count(b"HTTP/1.1 200") == 1


@pytest.mark.parametrize("bearer", ["x", "a.b.c", "{}", "é".encode().decode("latin-1"), "Bearer", "e30.e30."])
def test_a_malformed_token_is_a_401(api: Api, bearer: str) -> None:
    head = POST.replace(b"things", b"private-things") + b"Connection: close\r\n"
    status, _, body, _ = api.exchange(
        head + f"Authorization: Bearer {bearer}\r\n".encode() + b"Content-Length: 0\r\n\r\n"
    )
    assert (status, json.loads(body)["code"]) == (401, "not-authenticated")


def test_nothing_of_what_was_sent_is_in_the_log(api: Api) -> None:
    for sent in BROKEN.values():
        api.exchange(sent)
    written = api.logged()
    assert "request_not_read" in written
    assert [word for word in ("Sita", "document", "Traceback", "b'") if word in written] == []


def test_metrics_and_probes_are_on_a_port_of_their_own(api: Api) -> None:
    metrics = urllib3.request("GET", f"http://127.0.0.1:{api.probes}/metrics", timeout=5)
    assert b"http_server_request_duration_seconds" in metrics.data
    for path in (b"/livez", b"/readyz", b"/metrics"):
        assert api.exchange(READ.replace(b"/v1/things", path).replace(b"Host", b"Connection: close\r\nHost"))[0] == 404
