"""What happens to a request between the caller and the service, over real connections."""

import json
import threading
import time
from http.client import HTTPConnection
from typing import Any

import pytest
from prometheus_client import REGISTRY, generate_latest
from structlog.testing import capture_logs
from tests.support.documents import BILLING, document, operation, takes
from tests.support.foreign_services import Reply, foreign_service, unused_port
from tests.support.stage import Stage

from servicekit.http.auth import InternalTokenVerifier
from servicekit.testing import eventually

KEY = {"Idempotency-Key": "a-key-of-this-one-payment"}


def pay(stage: Stage, token: Any = None, **kwargs: Any) -> Any:
    kwargs.setdefault("json", {"bill_id": "bil_1"})
    token = token or stage.identity.token("payments:write")
    return stage.call("POST", "/v1/payments", token, **kwargs)


def read(stage: Stage, **kwargs: Any) -> Any:
    return stage.call("GET", "/v1/payments/pay_1", stage.identity.token("payments:read"), **kwargs)


def test_the_service_gets_the_request_with_an_internal_token_and_the_caller_gets_its_answer_unchanged(
    stage: Stage,
) -> None:
    answer = b'{"title": "\xe0\xa4\xb8", "spaces":   1}'
    headers = {"Content-Type": "application/problem+json", "ETag": '"7"', "Location": "/v1/payments/pay_1"}
    stage.billing.reply = lambda _: Reply(409, answer, headers)
    token = stage.identity.token("payments:write", client_id="cli_1", kiosk_id="ksk_1")
    got = pay(stage, token, data=b'{"bill_id":  "bil_1"}', json=None, content_type="application/json", headers=KEY)
    assert (got.status_code, got.data) == (409, answer)
    assert {name: got.headers[name] for name in headers} == headers
    sent = stage.billing.last
    assert (sent.method, sent.target, sent.body) == ("POST", "/v1/payments", b'{"bill_id":  "bil_1"}')
    assert sent.headers["Idempotency-Key"] == KEY["Idempotency-Key"]
    assert token not in str(sent.headers)
    seen = InternalTokenVerifier("billing", stage.internal_jwks).authenticate(sent.headers["Authorization"])
    assert (seen.client_id, seen.kiosk_id, seen.scopes) == ("cli_1", "ksk_1", frozenset({"payments:write"}))


def test_path_and_query_arrive_as_they_were_sent(stage: Stage) -> None:
    stage.call("GET", "/v1/billers?category=WATER%20SUPPLY&tag=a&tag=b", stage.identity.token("billers:read"))
    assert stage.billing.last.target == "/v1/billers?category=WATER%20SUPPLY&tag=a&tag=b"


def test_a_page_of_a_service_gets_its_form_and_cookie_and_may_send_somebody_elsewhere(stage: Stage) -> None:
    sent_on = {"Location": "https://app.example/back?code=1&iss=x", "Set-Cookie": "__Host-device=2; Path=/; Secure"}
    stage.identity_server.reply = lambda _: Reply(303, b"", sent_on)
    headers = {"Cookie": "other=3; __Host-device=1"}
    got = stage.call("POST", "/v1/oauth2/sign-in", data={"mobile": "x"}, headers=headers)
    assert (got.status_code, {name: got.headers[name] for name in sent_on}) == (303, sent_on)
    arrived = stage.identity_server.last
    assert (arrived.headers["Cookie"], arrived.body) == ("__Host-device=1", b"mobile=x")


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_a_body_stays_without_one(stage: Stage, status: Any) -> None:
    stage.billing.reply = lambda _: Reply(status, b"", {})
    got = read(stage)
    assert (got.status_code, got.data) == (status, b"")


def test_conditions_go_to_the_service_and_what_it_says_of_them_comes_back(stage: Stage) -> None:
    stage.billing.reply = lambda _: Reply(304, b"", {"ETag": '"7"'})
    got = read(stage, headers={"If-None-Match": 'W/"6", "7"'})
    assert (got.status_code, got.data, got.headers["ETag"]) == (304, b"", '"7"')
    assert stage.billing.last.headers["If-None-Match"] == 'W/"6", "7"'
    problem = b'{"code": "stale-version"}'
    stage.billing.reply = lambda _: Reply(412, problem, {"Content-Type": "application/problem+json"})
    refused = pay(stage, headers={**KEY, "If-Match": '"999"'})
    assert (refused.status_code, refused.data, refused.content_type) == (412, problem, "application/problem+json")
    assert stage.billing.last.headers["If-Match"] == '"999"'
    assert len(stage.billing.received) == 2, "neither is asked for again"


def test_head_is_forwarded_and_answered_without_a_body(stage: Stage) -> None:
    got = stage.call("HEAD", "/v1/payments/pay_1", stage.identity.token("payments:read"))
    assert (got.status_code, got.data, stage.billing.last.method) == (200, b"", "HEAD")


def test_connections_are_kept_and_a_restarted_service_is_met_on_a_new_one(stage: Stage) -> None:
    with foreign_service() as first:
        port = int(first.url.rpartition(":")[2])
        stage.publish("billing", BILLING, first.url)
        assert [read(stage).status_code for _ in range(3)] == [200] * 3
    with foreign_service(port) as second:
        assert pay(stage).status_code == 200
        assert len(second.received) == 1


def test_a_request_id_is_made_or_kept_and_goes_all_the_way(stage: Stage) -> None:
    made = read(stage)
    assert made.headers["X-Request-Id"].startswith("req_")
    assert stage.billing.last.headers["X-Request-Id"] == made.headers["X-Request-Id"]
    chosen = "2f6f3c1e-8a4b-4f0e-9d53-1c7a0b9e55d2"
    kept = read(stage, headers={"X-Request-Id": chosen})
    assert kept.headers["X-Request-Id"] == stage.billing.last.headers["X-Request-Id"] == chosen
    replaced = read(stage, headers={"X-Request-Id": "9876543210"})
    assert replaced.headers["X-Request-Id"].startswith("req_")


def test_a_trace_is_begun_or_continued(stage: Stage) -> None:
    read(stage)
    version, trace_id, span_id, _ = stage.billing.last.headers["traceparent"].split("-")
    assert (version, len(trace_id), len(span_id)) == ("00", 32, 16)
    given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with capture_logs() as logs:
        read(stage, headers={"traceparent": given})
    assert stage.billing.last.headers["traceparent"].split("-")[1] == given.split("-")[1]
    assert stage.billing.last.headers["traceparent"].endswith("-01")
    assert logs[-1]["trace_id"] == given.split("-")[1]


def test_a_broken_traceparent_begins_a_new_trace(stage: Stage) -> None:
    read(stage, headers={"traceparent": "00-zzz-1-01"})
    assert len(stage.billing.last.headers["traceparent"]) == 55


def test_each_request_is_one_log_line_with_the_template_and_nothing_of_the_body(stage: Stage) -> None:
    token = stage.identity.token("payments:write", client_id="cli_1", kiosk_id="ksk_1")
    with capture_logs() as logs:
        pay(stage, token, json={"applicant": "Sunita", "mobile": "9876543210"})
    (line,) = [entry for entry in logs if entry["event"] == "http_request"]
    assert (line["route"], line["status"], line["caller"], line["kiosk_id"], line["upstream"]) == (
        "/v1/payments", 200, "cli_1", "ksk_1", "billing"
    )  # fmt: skip
    assert line["request_id"]
    assert line["duration_ms"] > 0
    assert not [word for word in ("Sunita", "9876543210", token) if word in str(logs)]


def test_rate_errors_and_duration_are_counted_by_template(stage: Stage) -> None:
    read(stage)
    counted = generate_latest(REGISTRY).decode()
    answered = 'http_request_method="GET",http_response_status_code="200"'
    assert (
        f'http_server_request_duration_seconds_count{{{answered},http_route="/v1/payments/{{payment_id}}"}}' in counted
    )
    asked = 'error_type="",http_request_method="GET",http_response_status_code="200",server_address="billing"'
    assert f"http_client_request_duration_seconds_count{{{asked}}}" in counted
    assert "pay_1" not in counted


def test_what_is_left_of_the_time_goes_to_the_service(stage: Stage) -> None:
    read(stage)
    assert 29_000 < int(stage.billing.last.headers["Emitra-Timeout-Ms"]) <= 29_950
    read(stage, headers={"Emitra-Timeout-Ms": "5000"})
    assert 4_000 < int(stage.billing.last.headers["Emitra-Timeout-Ms"]) <= 4_950
    read(stage, headers={"Emitra-Timeout-Ms": "999999999"})
    assert 59_000 < int(stage.billing.last.headers["Emitra-Timeout-Ms"]) <= 59_950


@pytest.mark.parametrize("given", ["0", "-5", "1.5", "soon", "1e3", "", " 5", "9" * 12])
def test_a_timeout_that_is_no_whole_number_is_refused(stage: Stage, given: Any) -> None:
    got = read(stage, headers={"Emitra-Timeout-Ms": given})
    assert (got.status_code, got.json["code"]) == (400, "malformed-request")
    assert not stage.billing.received


def test_under_100_ms_nothing_is_begun(stage: Stage) -> None:
    got = pay(stage, headers={"Emitra-Timeout-Ms": "99"})
    assert (got.status_code, got.json["code"]) == (504, "service-timeout")
    assert not stage.billing.received


def test_a_service_that_is_down_gives_503_with_retry_after_and_proxy_status(stage: Stage) -> None:
    stage.publish("billing", BILLING, f"http://127.0.0.1:{unused_port()}")
    got = pay(stage)
    assert (got.status_code, got.json["code"], got.json["retryable"]) == (503, "service-unreachable", True)
    assert int(got.headers["Retry-After"]) > 0
    assert got.headers["Proxy-Status"] == 'emitra-gateway; error=connection_refused; next-hop="billing"'
    assert got.content_type == "application/problem+json"


@pytest.mark.parametrize(
    ("headers", "failures", "status", "attempts"),
    [({}, 1, 503, 1), (KEY, 1, 200, 2), (KEY, 2, 503, 2)],
    ids=["unkeyed", "keyed", "keyed-twice"],
)
def test_only_a_keyed_post_is_tried_once_more_when_no_connection_could_be_made(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, headers: Any, failures: int, status: int, attempts: int
) -> None:
    made = []
    connect = HTTPConnection.connect

    def fail_first(connection: HTTPConnection) -> None:
        made.append(connection)
        if len(made) <= failures:
            raise ConnectionRefusedError
        connect(connection)

    token = stage.identity.token("payments:write")
    stage.gateway.access_tokens.check(token)  # fetches identity's keys over a connection of its own
    monkeypatch.setattr(HTTPConnection, "connect", fail_first)
    assert pay(stage, token, headers=headers).status_code == status
    assert len(made) == attempts
    assert len(stage.billing.received) == (status == 200)


def test_a_keyed_post_past_its_time_is_told_to_repeat_with_the_same_key(stage: Stage) -> None:
    stage.billing.reply = lambda _: Reply(after_seconds=1)
    got = pay(stage, headers={**KEY, "Emitra-Timeout-Ms": "300"})
    assert (got.status_code, got.json["code"]) == (504, "service-timeout")
    assert "same Idempotency-Key" in got.json["detail"]
    assert "http_response_timeout" in got.headers["Proxy-Status"]
    assert len(stage.billing.received) == 1


def test_an_answer_that_drips_ends_at_the_deadline_all_the_same(stage: Stage) -> None:
    stage.billing.reply = lambda _: Reply(body=b"x" * 100, drip_seconds=0.05)
    began = time.monotonic()
    assert read(stage, headers={"Emitra-Timeout-Ms": "400"}).status_code == 504
    assert time.monotonic() - began < 2


def hang_up_times(stage: Stage, times: Any) -> Any:
    def reply(_: Any) -> Any:
        return Reply(hang_up=len(stage.billing.received) <= times)

    stage.billing.reply = reply


def test_a_get_whose_connection_breaks_is_sent_once_more(stage: Stage) -> None:
    hang_up_times(stage, 1)
    assert read(stage).status_code == 200
    assert len(stage.billing.received) == 2


def test_a_get_is_not_sent_a_third_time(stage: Stage) -> None:
    hang_up_times(stage, 9)
    got = read(stage)
    assert (got.status_code, got.json["code"]) == (503, "answer-lost")
    assert len(stage.billing.received) == 2


@pytest.mark.parametrize("headers", [{}, KEY])
def test_a_post_that_was_sent_is_never_sent_again_by_the_gateway(stage: Stage, headers: Any) -> None:
    hang_up_times(stage, 9)
    got = pay(stage, headers=headers)
    assert (got.status_code, got.json["code"]) == (503, "answer-lost")
    assert len(stage.billing.received) == 1
    assert ("same Idempotency-Key" in got.json["detail"]) == bool(headers)


def test_a_cut_off_answer_is_not_taken_for_a_whole_one(stage: Stage) -> None:
    stage.billing.reply = lambda _: Reply(body=b"{}", headers={"Content-Length": "500", "Connection": "close"})
    got = pay(stage)
    assert (got.status_code, got.json["code"]) == (503, "answer-lost")


def test_an_answer_of_more_than_8_mib_is_not_passed_on(stage: Stage) -> None:
    stage.billing.reply = lambda _: Reply(body=b"x" * (8 * 1024 * 1024 + 1))
    assert read(stage).json["code"] == "answer-lost"
    stage.billing.reply = lambda _: Reply(body=b"x" * (8 * 1024 * 1024))
    assert len(read(stage).data) == 8 * 1024 * 1024


def test_a_service_gets_so_many_requests_at_once_and_no_more_and_a_hung_one_leaves_others_alone(stage: Stage) -> None:
    release = threading.Event()

    def hang(_: Any) -> Any:
        release.wait(10)
        return Reply()

    stage.billing.reply = hang
    stage.gateway.upstreams._connections = 2
    threads = [threading.Thread(target=read, args=(stage,)) for _ in range(2)]
    try:
        for thread in threads:
            thread.start()
        eventually(lambda: len(stage.billing.received) == 2)
        got = read(stage)
        assert (got.status_code, got.json["code"]) == (503, "service-busy")
        assert "connection_limit_reached" in got.headers["Proxy-Status"]
        assert stage.call("GET", "/.well-known/jwks.json").status_code == 200
    finally:
        release.set()
        for thread in threads:
            thread.join()
    assert read(stage).status_code == 200


def test_redirects_are_passed_on_and_not_followed(stage: Stage) -> None:
    stage.billing.reply = lambda _: Reply(302, b"", {"Location": "http://127.0.0.1:1/elsewhere"})
    got = read(stage)
    assert (got.status_code, got.headers["Location"]) == (302, "http://127.0.0.1:1/elsewhere")


def test_the_token_endpoint_gets_the_clients_own_credentials_and_its_form(stage: Stage) -> None:
    basic = {"Authorization": "Basic Y2xpX3NhbmRib3g6c2VjcmV0"}
    form = b"grant_type=client_credentials&scope=a%3Aread"
    got = stage.call(
        "POST", "/v1/oauth2/token", data=form, headers=basic, content_type="application/x-www-form-urlencoded"
    )
    assert got.status_code == 200
    sent = stage.identity_server.last
    assert sent.headers["Authorization"] == basic["Authorization"]
    assert sent.body == form


def test_a_public_operation_gets_nobodys_token(stage: Stage) -> None:
    stage.call("GET", "/.well-known/jwks.json", stage.identity.token("payments:read"))
    assert "Authorization" not in stage.identity_server.last.headers


def test_a_new_service_is_reachable_by_its_own_files_alone(stage: Stage) -> None:
    token = stage.identity.token("schemes:read")
    assert stage.call("GET", "/v1/schemes", token).status_code == 404
    with foreign_service() as schemes:
        (stage.routes_dir / "schemes.url").write_text(schemes.url)
        shipped = document("schemes", {"/v1/schemes": {"get": operation("schemes:read")}})
        (stage.routes_dir / "schemes.yaml").write_text(json.dumps(shipped))
        eventually(lambda: stage.call("GET", "/v1/schemes", token).status_code == 200)


def test_an_undeclared_path_does_not_exist_and_a_known_one_says_which_methods_it_takes(stage: Stage) -> None:
    token = stage.identity.token("payments:read", "internal")
    for target in ("/v1/nothing", "/v1/payments/", "/v1/internal/transactions/EM1", "/v1/payments/a/b", "/static/x"):
        got = stage.call("GET", target, token)
        assert (got.status_code, got.json["code"], got.json["instance"]) == (404, "not-found", target)
    got = stage.call("PUT", "/v1/payments", token, json={})
    assert (got.status_code, got.json["code"], got.headers["Allow"]) == (405, "method-not-allowed", "POST")
    got = stage.call("DELETE", "/docs")
    assert (got.status_code, got.headers["Allow"]) == (405, "GET, HEAD")
    assert not stage.billing.received


@pytest.mark.parametrize(
    ("kwargs", "status", "code"),
    [
        ({"data": b"x" * 70_000, "json": None, "content_type": "application/json"}, 413, "body-too-large"),
        ({"data": {"a": "b"}, "json": None}, 415, "unsupported-media-type"),
        ({"data": b"<a/>", "json": None, "content_type": "text/xml"}, 415, "unsupported-media-type"),
        ({"headers": {"Content-Encoding": "gzip"}}, 415, "unsupported-media-type"),
    ],
)
def test_a_body_that_is_not_acceptable_never_reaches_the_service(
    stage: Stage, kwargs: Any, status: Any, code: Any
) -> None:
    got = pay(stage, **kwargs)
    assert (got.status_code, got.json["code"]) == (status, code)
    assert got.json["title_hi"]
    assert got.json["request_id"] == got.headers["X-Request-Id"]
    assert not stage.billing.received


def test_json_is_not_taken_where_a_form_is_documented(stage: Stage) -> None:
    got = stage.call("POST", "/v1/oauth2/token", json={})
    assert (got.status_code, got.json["code"]) == (415, "unsupported-media-type")
    assert not stage.identity_server.received


def test_an_answer_with_an_unknown_status_is_passed_on(stage: Stage) -> None:
    stage.billing.reply = lambda _: Reply(299)
    assert read(stage).status_code == 299


def test_a_failure_of_the_gateways_own_is_a_500_that_says_nothing_of_the_inside(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage.gateway.internal_tokens, "for_caller", lambda *_: 1 / 0)
    got = read(stage)
    assert (got.status_code, got.json["code"]) == (500, "internal-error")
    assert "division" not in got.text


def test_a_service_may_be_spoken_to_by_several_threads_at_once(stage: Stage) -> None:
    stage.billing.reply = lambda got: Reply(body=got.body)
    token = stage.identity.token("echo:write")
    shipped = document("echo", {"/v1/echo": {"post": operation("echo:write", **takes("application/json"))}})
    stage.publish("echo", shipped, stage.billing.url)
    wrong: list[object] = []

    def speak(name: Any) -> Any:
        for number in range(20):
            said = {"name": name, "number": number}
            got = stage.call("POST", "/v1/echo", token, json=said)
            if got.json != said:
                wrong.append((said, got.data))

    threads = [threading.Thread(target=speak, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
