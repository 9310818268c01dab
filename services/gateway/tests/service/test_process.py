"""The gateway as it is run: its own processes, raw bytes at its socket, a real broker in front of its consumers."""

import base64
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import urllib3
import yaml
from tests.support.access import ISSUER, Identity, internal_key
from tests.support.documents import BILLING, document, operation
from tests.support.foreign_services import ForeignService, Reply, foreign_service, unused_port

from emitra_contracts import examples
from servicekit.mongo import Mongo
from servicekit.testing import eventually

START = "from gateway.entrypoints.service import main; main()"
SECONDS = 20


Place = tuple[Identity, ForeignService, dict[str, str]]


@pytest.fixture
def place(tmp_path: Path, mongo: Mongo, amqp_vhost: Any) -> Any:
    identity, port, probe = Identity(), unused_port(), unused_port()
    private, public = internal_key()
    with foreign_service() as billing, foreign_service() as jwks:
        jwks.reply = lambda _: Reply(body=identity.key_set())
        (tmp_path / "billing.url").write_text(billing.url)
        (tmp_path / "billing.yaml").write_text(yaml.safe_dump(BILLING))
        environ = {
            "PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
            "MONGODB_URI": os.environ["MONGODB_URI"], "MONGODB_DATABASE": mongo.db.name, "AMQP_URL": amqp_vhost.url,
            "RABBITMQ_MANAGEMENT_URL": amqp_vhost.management_url, "HTTP_PORT": str(port), "PROBE_PORT": str(probe),
            "API_PROBE_PORT": str(unused_port()),
            "ROUTES_DIR": str(tmp_path), "JWKS_URL": jwks.url, "ISSUER": ISSUER, "INTERNAL_TOKEN_KEY": private,
            "INTERNAL_TOKEN_JWKS": public, "CURSOR_SECRET": "c" * 40,
        }  # fmt: skip
        yield identity, billing, environ


def run(process: Any, environ: Any, *arguments: Any) -> Any:
    return subprocess.Popen(
        [sys.executable, "-c", START, process, *arguments], env=environ, stderr=subprocess.PIPE, text=True
    )


def stop(process: Any) -> Any:
    process.send_signal(signal.SIGTERM)
    try:
        _, said = process.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return said


def answers(url: Any) -> Any:
    try:
        return urllib3.request("GET", url, retries=False, timeout=1).status == 200
    except urllib3.exceptions.HTTPError:
        return False


def raw(port: Any, data: Any) -> Any:
    """The status line of the answer to these very bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
        connection.sendall(data)
        return connection.makefile("rb").readline().decode()


def test_over_a_real_socket_smuggled_and_ambiguous_requests_never_reach_a_service(place: Place) -> None:
    identity, billing, environ = place
    port = int(environ["HTTP_PORT"])
    token = identity.token("payments:write", "payments:read")
    head = f"POST /v1/payments HTTP/1.1\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
    read = f"Host: a\r\nAuthorization: Bearer {token}\r\n\r\n"
    refused = {
        "both framings": f"{head}Host: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "two lengths": f"{head}Host: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}",
        "two hosts": f"{head}Host: a\r\nHost: b\r\nContent-Length: 2\r\n\r\n{{}}",
        "a coding": f"{head}Host: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "an underscore": f"{head}Host: a\r\nX_User: 1\r\nContent-Length: 2\r\n\r\n{{}}",
        "a space before the colon": f"{head}Host: a\r\nContent-Length : 2\r\n\r\n{{}}",
        "an encoded slash": f"GET /v1/payments/..%2Fx HTTP/1.1\r\n{read}",
        "a dot segment": f"GET /v1/../v1/payments/x HTTP/1.1\r\n{read}",
        "another host in the target": f"GET http://b/v1/payments/x HTTP/1.1\r\n{read}",
        "a NUL": f"GET /v1/payments/%00 HTTP/1.1\r\n{read}",
    }
    api = run("api", environ)
    try:
        eventually(lambda: answers(f"http://127.0.0.1:{environ['API_PROBE_PORT']}/livez"), SECONDS)
        statuses = {name: raw(port, data.encode()).split(" ")[1] for name, data in refused.items()}
        assert {name: status for name, status in statuses.items() if not status.startswith("4")} == {}
        assert not billing.received
        good = f"{head}Host: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n"
        assert raw(port, good.encode()).startswith("HTTP/1.1 200")
        assert (billing.last.body, billing.last.headers["Content-Length"]) == (b"{}", "2")
    finally:
        said = stop(api)
    (line,) = [found for found in map(json.loads, said.splitlines()) if found.get("status") == 200]
    assert (line["event"], line["route"], line["service"]) == ("http_request", "/v1/payments", "gateway")
    assert token not in said


def publish(environ: Any, envelope: Any) -> Any:
    """Publishes as billing's relay does, over the broker's management interface."""
    at = urlsplit(environ["RABBITMQ_MANAGEMENT_URL"])
    vhost = quote(urlsplit(environ["AMQP_URL"]).path[1:], safe="")
    event = envelope["type"].removeprefix("org.emitra.")
    message = {
        "properties": {
            "message_id": envelope["id"], "type": envelope["type"], "delivery_mode": 2,
            "content_type": "application/cloudevents+json",
        },
        "routing_key": event, "payload": json.dumps(envelope), "payload_encoding": "string",
    }  # fmt: skip
    login = base64.b64encode(f"{at.username}:{at.password}".encode()).decode()
    got = urllib3.request(
        "POST",
        f"http://{at.hostname}:{at.port}/api/exchanges/{vhost}/billing.events/publish",
        body=json.dumps(message),
        headers={"Authorization": f"Basic {login}", "Content-Type": "application/json"},
    )
    assert got.json() == {"routed": True}


def test_an_event_on_the_broker_reaches_the_view(place: Place, mongo: Mongo) -> None:
    _, _, environ = place
    for preparation in (["prepare"], ["topology", "--apply"]):
        subprocess.run([sys.executable, "-c", START, *preparation], env=environ, check=True, capture_output=True)
    worker = run("worker", environ)
    try:
        eventually(lambda: answers(f"http://127.0.0.1:{environ['PROBE_PORT']}/readyz"), SECONDS)
        envelope = examples("payment.completed.v1")[0]
        publish(environ, envelope)
        token = envelope["data"]["transaction_token"]
        found = eventually(lambda: mongo.db["transactions"].find_one({"_id": token}), SECONDS)
        assert found is not None
        assert found["reference_id"] == envelope["data"]["payment_id"]
    finally:
        stop(worker)


def test_settings_that_cannot_be_used_are_all_named_and_the_process_ends(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", START, "api"],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
            "HOME": str(Path.home()),
        },
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 78
    for name in ("ROUTES_DIR", "JWKS_URL", "ISSUER", "INTERNAL_TOKEN_KEY", "MONGODB_URI"):
        assert name in done.stderr


def test_a_refused_route_is_in_the_log_and_the_metrics_and_the_gateway_is_ready(place: Place) -> None:
    _, _, environ = place
    folder, probe = Path(environ["ROUTES_DIR"]), f"http://127.0.0.1:{environ['API_PROBE_PORT']}"
    (folder / "agriculture.url").write_text("http://127.0.0.1:1")
    wanted = document("agriculture", {"/v1/payments": {"post": operation("a:b")}, "/v1/crops": {"get": operation()}})
    (folder / "agriculture.yaml").write_text(yaml.safe_dump(wanted))
    (folder / "mines.yaml").write_text("a: [")
    api = run("api", environ)
    try:
        eventually(lambda: answers(f"{probe}/readyz"), SECONDS)
        metrics = urllib3.request("GET", f"{probe}/metrics", retries=False).data.decode()
    finally:
        said = stop(api)
    assert 'emitra_gateway_routes_refused{upstream="agriculture"} 1.0' in metrics
    assert 'emitra_gateway_routes_refused{upstream="billing"} 0.0' in metrics
    assert 'emitra_gateway_route_documents_unusable{upstream="mines"} 1.0' in metrics
    lines = [
        line for line in map(json.loads, said.splitlines()) if line["event"] in {"route_refused", "routes_refused"}
    ]
    assert [(line["event"], line["upstream"]) for line in lines] == [
        ("routes_refused", "mines"),
        ("route_refused", "agriculture"),
    ]
    assert (lines[1]["owner"], lines[1]["route"]) == ("billing", "POST /v1/payments")
