"""What the client sends, and what it makes of the answers, with a server on loopback that notes everything."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import urllib3

from emitra_client import Client, UnexpectedAnswer, new_key


@dataclass
class Gateway:
    """Answers each path with what it was told to; `heard` are method, path, headers and body of each request."""

    url: str = ""
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    heard: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    gateway = Gateway(answers={"/v1/oauth2/token": (200, {"access_token": "a-token"})})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            gateway.heard.append(
                (self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            )
            status, answer = gateway.answers.get(self.path, (404, {"type": "/problems/not-found"}))
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815 - as http.server calls it

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    gateway.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield gateway
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def http() -> Iterator[urllib3.PoolManager]:
    with urllib3.PoolManager(retries=False, timeout=5) as http:
        yield http


def test_it_signs_in_once_and_sends_its_token(gateway: Gateway, http: urllib3.PoolManager) -> None:
    gateway.answers["/v1/payments/pay_1"] = (200, {"status": "COMPLETED"})
    client = Client(gateway.url, "cli_1", "secret", http)
    assert client.get("/v1/payments/pay_1").expect(200).json == {"status": "COMPLETED"}
    client.get("/v1/payments/pay_1")
    (_, path, headers, body), (_, _, first, _), (_, _, second, _) = gateway.heard
    assert (path, body) == ("/v1/oauth2/token", b"grant_type=client_credentials")
    assert headers["authorization"] == urllib3.make_headers(basic_auth="cli_1:secret")["authorization"]
    assert first["authorization"] == second["authorization"] == "Bearer a-token"


def test_each_post_has_a_key_of_its_own_unless_one_is_given(gateway: Gateway, http: urllib3.PoolManager) -> None:
    client = Client(gateway.url, "cli_1", "secret", http)
    key = new_key()
    for given in (None, None, key, key):
        client.post("/v1/payments", {"mode": "WALLET"}, given)
    sent = [headers["idempotency-key"] for _, path, headers, _ in gateway.heard if path == "/v1/payments"]
    assert len(set(sent)) == 3
    assert sent[2:] == [key, key]
    assert json.loads(gateway.heard[-1][3]) == {"mode": "WALLET"}


def test_anybody_sends_no_token(gateway: Gateway, http: urllib3.PoolManager) -> None:
    Client(gateway.url, http=http).get("/v1/certificate-keys")
    ((_, path, headers, _),) = gateway.heard
    assert path == "/v1/certificate-keys"
    assert "authorization" not in headers


def test_an_answer_that_was_not_expected_says_to_what_it_was_the_answer(
    gateway: Gateway, http: urllib3.PoolManager
) -> None:
    with pytest.raises(UnexpectedAnswer, match=r"GET /v1/nowhere answered 404: .*not-found"):
        Client(gateway.url, http=http).get("/v1/nowhere").expect(200, 201)


def test_without_a_token_to_be_had_nothing_is_sent(gateway: Gateway, http: urllib3.PoolManager) -> None:
    gateway.answers["/v1/oauth2/token"] = (401, {"error": "invalid_client"})
    with pytest.raises(UnexpectedAnswer, match="invalid_client"):
        Client(gateway.url, "cli_1", "wrong", http).post("/v1/payments", {})
    assert [path for _, path, _, _ in gateway.heard] == ["/v1/oauth2/token"]


def test_the_old_token_stays_while_there_is_no_new_one(gateway: Gateway, http: urllib3.PoolManager) -> None:
    client = Client(gateway.url, "cli_1", "secret", http)
    client.renew_token()
    gateway.answers["/v1/oauth2/token"] = (503, {})
    with pytest.raises(UnexpectedAnswer):
        client.renew_token()
    assert client.signed_in
    assert client.token == "a-token"


def test_a_call_without_an_answer_is_not_repeated(http: urllib3.PoolManager) -> None:
    with pytest.raises(urllib3.exceptions.HTTPError):
        Client("http://127.0.0.1:9", http=http).get("/v1/districts")


def test_its_secrets_are_not_shown(gateway: Gateway, http: urllib3.PoolManager) -> None:
    client = Client(gateway.url, "cli_1", "secret", http)
    assert client.token == "a-token"
    assert "secret" not in repr(client)
    assert "a-token" not in repr(client)
