"""Messages over a gateway: a real server at the other end answers, refuses, redirects, says nothing or is gone."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from tests.support.keys import ISSUER, KEY_SET, PEOPLE_KEY

from identity.adapters import sms_gateway
from identity.adapters.sms_gateway import SmsGateway
from identity.bootstrap import bootstrap
from identity.domain.people.mobile import Mobile
from identity.settings import Settings
from servicekit.errors import DependencyUnavailable
from servicekit.mongo import Mongo
from servicekit.testing import settings_for

NOW = datetime(2026, 11, 27, tzinfo=UTC)
PERSON = Mobile("9829012345")


@dataclass
class Gateway:
    """What it got, and how it answers: a status with headers and a body, or nothing at all."""

    address: str = ""
    got: list[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=list)
    status: int = 202
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    silent: threading.Event | None = None


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    """A server on this machine."""
    told = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            told.got.append((dict(self.headers), json.loads(self.rfile.read(length))))
            if told.silent:
                told.silent.wait(10)
                return
            self.send_response(told.status)
            for name, value in told.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(told.body)))
            self.end_headers()
            self.wfile.write(told.body)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        told.address = f"http://127.0.0.1:{server.server_port}/messages"
        yield told
        if told.silent:
            told.silent.set()
        server.shutdown()


def sender(gateway: Gateway, **settings: str) -> SmsGateway:
    given = {"code_template": "", "notice_template": ""} | settings
    return SmsGateway(gateway.address, given.pop("token", ""), **given)


def test_a_code_goes_to_the_number_with_token_and_template(gateway: Gateway) -> None:
    sender(gateway, token="a-token", code_template="1107").send(PERSON, "123456", NOW)
    ((headers, message),) = gateway.got
    assert headers["Authorization"] == "Bearer a-token"
    assert (message["to"], message["template_id"]) == ("+919829012345", "1107")
    assert message["text"].count("123456") == 2
    assert "किसी को न बताएँ" in message["text"]


def test_a_notice_is_sent_as_it_is_and_without_a_template_that_is_not_set(gateway: Gateway) -> None:
    sender(gateway, code_template="1107").notify(PERSON, "नमस्ते / Hello", NOW)
    ((headers, message),) = gateway.got
    assert message == {"to": "+919829012345", "text": "नमस्ते / Hello"}
    assert "Authorization" not in headers


@pytest.mark.parametrize("status", [301, 307, 400, 401, 429, 500, 503])
def test_what_the_gateway_refuses_is_told_and_sent_once(
    gateway: Gateway, status: int, capfd: pytest.CaptureFixture[str]
) -> None:
    gateway.status, gateway.headers = status, {"Location": gateway.address}
    with pytest.raises(DependencyUnavailable) as caught:
        sender(gateway).send(PERSON, "123456", NOW)
    assert len(gateway.got) == 1
    said = "".join(capfd.readouterr()) + repr(caught.value) + caught.value.detail
    assert str(status) in said
    assert "9829012345" not in said
    assert "123456" not in said


def test_a_gateway_that_says_nothing_is_not_waited_for(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sms_gateway, "READ_TIMEOUT_SECONDS", 0.2)
    gateway.silent = threading.Event()
    with pytest.raises(DependencyUnavailable):
        sender(gateway).send(PERSON, "123456", NOW)
    assert len(gateway.got) == 1


def test_a_gateway_that_is_not_there_is_told(gateway: Gateway) -> None:
    gone = SmsGateway("http://127.0.0.1:9/messages", "", code_template="", notice_template="")
    with pytest.raises(DependencyUnavailable):
        gone.send(PERSON, "123456", NOW)


def test_an_endless_answer_is_not_read(gateway: Gateway) -> None:
    gateway.body = b"x" * 5_000_000
    sender(gateway).send(PERSON, "123456", NOW)
    sender(gateway).send(PERSON, "123456", NOW)
    assert len(gateway.got) == 2


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"PEOPLE_KEY": PEOPLE_KEY}, ["nobody_can_sign_in", "SMS_GATEWAY_URL"]),
        (
            {"PEOPLE_KEY": PEOPLE_KEY, "SMS_GATEWAY_URL": "https://sms.example/"},
            ["SMS_CODE_TEMPLATE", "SMS_NOTICE_TEMPLATE", "CODES_A_DAY", "RECOVERY_WAIT_HOURS"],
        ),
    ],
)
def test_live_says_as_it_starts_what_signing_in_lacks(
    mongo: Mongo, vault_key_store: str, capfd: pytest.CaptureFixture[str], environ: dict[str, str], said: list[str]
) -> None:
    sandbox = settings_for(Settings, ISSUER=ISSUER, SIGNING_KEYS=KEY_SET, VAULT_KEY_STORE=vault_key_store, **environ)
    # The servers of tests have no credentials that would do for live (servicekit.fit_for_live).
    bootstrap(replace(sandbox, environment="live"), mongo)
    printed = "".join(capfd.readouterr())
    assert [word for word in said if word not in printed] == []
