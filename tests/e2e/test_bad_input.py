"""What a caller gets wrong gets the right problem, costs nothing, and leaves no trace of a person in the logs."""

import http.client
import json
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest

from emitra_local.stack import Stack
from tests.support.platform import Answer, Client, Platform, new_key


@pytest.fixture(scope="module")
def kiosk(platform: Platform) -> Client:
    return platform.client("kiosk-jodhpur")


def assert_problem(platform: Platform, answer: Answer, status: int, code: str | None = None) -> dict[str, Any]:
    """RFC 9457 in full, with a page behind its type."""
    assert answer.status == status, answer
    assert answer.headers["Content-Type"].startswith("application/problem+json"), answer
    problem = answer.json
    assert set(problem) >= {"type", "title", "status", "detail", "code", "retryable", "request_id", "title_hi"}
    assert problem["status"] == status
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    assert platform.call("GET", problem["type"]).status == 200, f"no page for {problem['type']}"
    if code:
        assert problem["code"] == code, answer
    return problem


def payment(**changes: Any) -> dict[str, Any]:
    return {"bill_id": "bil_" + "0" * 32, "amount": {"amount": 100, "currency": "INR"}, "mode": "WALLET"} | changes


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        (b"{not json", 400, None),
        (b'{"bill_id": "a", "bill_id": "b"}', 400, None),
        (b"[]", 400, None),
        (b'{"amount": NaN}', 400, None),
        (b"\xff\xfe", 400, None),
        (payment(surprise=1), 422, "/surprise"),
        (payment(amount={"amount": -1, "currency": "INR"}), 422, "/amount/amount"),
        (payment(amount={"amount": 0, "currency": "INR"}), 422, "/amount/amount"),
        (payment(amount={"amount": 15.5, "currency": "INR"}), 422, "/amount/amount"),
        (payment(amount={"amount": "100", "currency": "INR"}), 422, "/amount/amount"),
        (payment(amount={"amount": True, "currency": "INR"}), 422, "/amount/amount"),
        (payment(amount={"amount": 10**19, "currency": "INR"}), 400, None),
        (payment(amount={"amount": 100, "currency": "USD"}), 422, "/amount/currency"),
        (payment(amount=None), 422, "/amount"),
        (payment(bill_id=7), 422, "/bill_id"),
        (payment(mode="BARTER"), 422, "/mode"),
    ],
)
def test_a_malformed_payment_names_what_is_wrong(
    platform: Platform, kiosk: Client, body: Any, status: int, pointer: str | None
) -> None:
    headers = {"Content-Type": "application/json"} if isinstance(body, bytes) else {}
    problem = assert_problem(platform, kiosk.post("/v1/payments", body, **headers), status)
    if pointer:
        assert pointer in [error["pointer"] for error in problem["errors"]], problem


def test_a_bill_that_does_not_exist_is_not_found(platform: Platform, kiosk: Client) -> None:
    assert_problem(platform, kiosk.post("/v1/payments", payment()), 404)


def test_another_amount_than_the_bills_is_refused(platform: Platform, kiosk: Client) -> None:
    bill = kiosk.fetch_bill("100000000001")
    assert_problem(platform, kiosk.pay(bill, amount={"amount": 100, "currency": "INR"}), 422)


def test_an_amount_over_the_limit_is_refused_and_just_under_is_paid(platform: Platform, kiosk: Client) -> None:
    assert kiosk.pay(kiosk.fetch_bill("100000000011")).status == 201
    assert_problem(platform, kiosk.pay(kiosk.fetch_bill("100000000012")), 422)


def test_an_unknown_biller_is_named(platform: Platform, kiosk: Client) -> None:
    body = {"biller_id": "NO-SUCH", "customer_params": {"k_number": "100000000001"}}
    problem = assert_problem(platform, kiosk.post("/v1/bill-fetches", body), 422)
    assert "/biller_id" in [error["pointer"] for error in problem["errors"]]


def test_a_biller_that_is_down_is_said_to_be_so(platform: Platform, kiosk: Client) -> None:
    body = {"biller_id": "JVVNL", "customer_params": {"k_number": "100000000003"}}
    problem = assert_problem(platform, kiosk.post("/v1/bill-fetches", body), 503)
    assert problem["retryable"] is True


@pytest.mark.parametrize(
    "query", ["lat=91&lon=75", "lat=26&lon=181", "lat=nan&lon=75", "lat=abc&lon=75", "lon=75", "lat=26&lon=75&limit=0"]
)
def test_coordinates_out_of_range_are_refused(platform: Platform, kiosk: Client, query: str) -> None:
    assert_problem(platform, kiosk.get(f"/v1/kiosks/nearest?{query}"), 422)


@pytest.mark.parametrize("path", ["/v1/kiosks?district=999", "/v1/kiosks?limit=201", "/v1/kiosks?cursor=forged"])
def test_a_list_query_that_cannot_be_answered_is_refused(platform: Platform, kiosk: Client, path: str) -> None:
    assert_problem(platform, kiosk.get(path), 422)


@pytest.mark.parametrize("key", ["", "short", "with space in it!", "x" * 129])
def test_a_missing_or_malformed_idempotency_key_is_refused(platform: Platform, kiosk: Client, key: str) -> None:
    headers = {"Authorization": f"Bearer {kiosk.token}"} | ({"Idempotency-Key": key} if key else {})
    problem = assert_problem(platform, platform.call("POST", "/v1/payments", payment(), headers), 400)
    assert "Idempotency-Key" in problem["detail"]


def test_a_key_reused_for_another_payment_is_refused_and_pays_nothing(platform: Platform, kiosk: Client) -> None:
    key = new_key()
    assert kiosk.pay(kiosk.fetch_bill("200000000801"), key).status == 201
    balance = kiosk.get("/v1/wallet").json
    assert_problem(platform, kiosk.pay(kiosk.fetch_bill("200000000802"), key), 422, "idempotency-key-reused")
    assert kiosk.get("/v1/wallet").json == balance


def test_another_kiosks_payment_is_not_found(platform: Platform, kiosk: Client) -> None:
    answer = kiosk.pay(kiosk.fetch_bill("200000000803"))
    other = platform.client("kiosk-udaipur")
    assert_problem(platform, other.get(f"/v1/payments/{answer.json['payment_id']}"), 404)
    assert_problem(platform, other.get(f"/v1/payments/{answer.json['payment_id']}/receipt"), 404)
    assert_problem(platform, other.get(f"/v1/transactions/{answer.json['transaction_token']}"), 404)


@pytest.mark.parametrize(
    ("token", "says"),
    [
        (None, "Authorization"),
        ("Bearer rubbish", "token"),
        ("Basic Zm9vOmJhcg==", "Bearer"),
        ("Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.", "token"),
    ],
)
def test_no_token_or_a_forged_one_is_told_what_to_do(platform: Platform, token: str | None, says: str) -> None:
    answer = platform.call("GET", "/v1/billers", headers={"Authorization": token} if token else {})
    problem = assert_problem(platform, answer, 401)
    assert says in problem["detail"]
    assert "WWW-Authenticate" in answer.headers


def test_a_token_with_a_changed_signature_is_refused(platform: Platform, kiosk: Client) -> None:
    head, body, signature = kiosk.token.split(".")
    forged = f"{head}.{body}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
    assert_problem(platform, platform.call("GET", "/v1/billers", headers={"Authorization": f"Bearer {forged}"}), 401)


def test_a_kiosk_may_not_decide(platform: Platform, kiosk: Client) -> None:
    answer = kiosk.post("/v1/applications/app_x/decisions", {"decision": "approve", "remarks": "x"})
    problem = assert_problem(platform, answer, 403)
    assert "applications:decide" in problem["detail"]


def test_an_unknown_district_is_refused(platform: Platform, kiosk: Client) -> None:
    body = {"application_type": "domicile", "district_code": "999", "applicant": {}}
    problem = assert_problem(platform, kiosk.post("/v1/applications", body), 422)
    assert "/district_code" in [error["pointer"] for error in problem["errors"]]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nothing-here", 404),
        ("GET", "/v1/internal/transactions/EM0000000000000", 404),
        ("DELETE", "/v1/billers", 405),
        ("GET", "/v1/billers%2F..%2Fpayments", 400),
    ],
)
def test_framework_errors_are_problems_too(
    platform: Platform, kiosk: Client, method: str, path: str, status: int
) -> None:
    answer = platform.call(method, path, headers={"Authorization": f"Bearer {kiosk.token}"})
    assert_problem(platform, answer, status)
    if status == 405:
        assert "GET" in answer.headers["Allow"]


def test_a_body_too_large_or_of_another_type_is_refused(platform: Platform, kiosk: Client) -> None:
    assert_problem(platform, kiosk.post("/v1/payments", {"bill_id": "x" * 70_000}), 413)
    assert_problem(platform, kiosk.post("/v1/payments", b"a=b", **{"Content-Type": "text/plain"}), 415)


@pytest.mark.parametrize("credentials", [{}, {"client_id": "cli_nobody", "client_secret": "wrong"}])
def test_a_wrong_secret_is_an_oauth_error_in_a_problem(platform: Platform, credentials: dict[str, str]) -> None:
    form = "&".join(f"{name}={value}" for name, value in ({"grant_type": "client_credentials"} | credentials).items())
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    problem = assert_problem(platform, platform.call("POST", "/v1/oauth2/token", form.encode(), headers), 401)
    assert problem["error"] == "invalid_client"


def test_what_a_citizen_tells_is_in_no_log(platform: Platform, stack: Stack, kiosk: Client) -> None:
    canary = "Canary Citizenname"
    applicant = {"name": canary, "mobile": "9829012345", "aadhaar": "000000000000"}
    body = {"application_type": "domicile", "district_code": "107", "applicant": applicant}
    kiosk.post("/v1/applications", body)
    kiosk.post("/v1/applications", json.dumps(body).encode()[:-1], **{"Content-Type": "application/json"})
    for log in (stack.state / "logs").rglob("*"):
        if log.is_file():
            text = log.read_text(errors="replace")
            for secret in (canary, "9829012345", kiosk.client_secret, kiosk.token):
                assert secret not in text, log.name


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"RUBBISH\r\n\r\n", 400),
        (b"GET /v1/billers HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n", 400),
        (b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX-Long: " + b"x" * 9000 + b"\r\n\r\n", 431),
    ],
)
def test_what_is_not_even_http_is_answered_with_a_problem(
    platform: Platform, request_bytes: bytes, status: int
) -> None:
    where = urlsplit(platform.run_info["gateway_url"])
    with socket.create_connection((where.hostname, where.port), timeout=10) as connection:
        connection.sendall(request_bytes)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json")
        assert json.loads(answer.read())["status"] == status
