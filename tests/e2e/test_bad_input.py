"""What a caller gets wrong gets the right problem, costs nothing, and leaves no trace of a person in the logs."""

import http.client
import json
import socket
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import pymongo
import pytest

from emitra_local.stack import SIMULATORS, Stack
from tests.support.platform import Answer, Client, Platform, eventually, new_key

PROBLEM_MEMBERS = {
    "type",
    "title",
    "status",
    "detail",
    "instance",
    "code",
    "retryable",
    "request_id",
    "title_hi",
}


@pytest.fixture(scope="module")
def kiosk(platform: Platform) -> Client:
    return platform.client("kiosk-jodhpur")


def assert_problem(
    platform: Platform,
    answer: Answer,
    status: int,
    code: str | None = None,
    media_type: str = "application/problem+json",
) -> dict[str, Any]:
    """RFC 9457 in full, with a page behind its type."""
    assert answer.status == status, answer
    assert answer.headers["Content-Type"].startswith(media_type), answer
    problem = answer.json
    assert set(problem) >= PROBLEM_MEMBERS
    assert problem["status"] == status
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    assert platform.call("GET", problem["type"]).status == 200, f"no page for {problem['type']}"
    if code:
        assert problem["code"] == code, answer
    return problem


def payment(bill: Mapping[str, Any]) -> dict[str, Any]:
    return {"bill_id": bill["bill_id"], "amount": bill["amount"], "mode": "WALLET"}


@pytest.mark.parametrize(
    ("spoil", "status", "pointer"),
    [
        (lambda good: good[:-1], 400, None),
        (lambda good: good[:-1] + b', "mode": "WALLET"}', 400, None),
        (lambda good: b"[" + good + b"]", 400, None),
        (lambda good: good[:-1] + b', "surprise": NaN}', 400, None),
        (lambda good: good + b"\xff\xfe", 400, None),
        ({"surprise": 1}, 422, "/surprise"),
        ({"amount": {"amount": -1, "currency": "INR"}}, 422, "/amount/amount"),
        ({"amount": {"amount": 0, "currency": "INR"}}, 422, "/amount/amount"),
        ({"amount": {"amount": 15.5, "currency": "INR"}}, 422, "/amount/amount"),
        ({"amount": {"amount": "100", "currency": "INR"}}, 422, "/amount/amount"),
        ({"amount": {"amount": True, "currency": "INR"}}, 422, "/amount/amount"),
        ({"amount": {"amount": 10**19, "currency": "INR"}}, 400, None),
        ({"amount": {"amount": 100, "currency": "USD"}}, 422, "/amount/currency"),
        ({"amount": None}, 422, "/amount"),
        ({"bill_id": 7}, 422, "/bill_id"),
        ({"mode": "BARTER"}, 422, "/mode"),
    ],
)
def test_a_malformed_payment_names_what_is_wrong_and_costs_nothing(
    platform: Platform, kiosk: Client, spoil: Any, status: int, pointer: str | None
) -> None:
    key, good = new_key(), payment(kiosk.fetch_bill("200000000804"))
    body = spoil(json.dumps(good).encode()) if callable(spoil) else good | spoil
    headers = {"Content-Type": "application/json"} if isinstance(body, bytes) else {}
    wallet = kiosk.get("/v1/wallet").json
    problem = assert_problem(platform, kiosk.post("/v1/payments", body, key, **headers), status)
    if pointer:
        assert pointer in [error["pointer"] for error in problem["errors"]], problem
    assert kiosk.get("/v1/wallet").json == wallet
    # Without its fault it is accepted: the key is not used up.
    assert kiosk.post("/v1/payments", good, key).status == 201


def test_a_bill_that_does_not_exist_is_not_found(platform: Platform, kiosk: Client) -> None:
    unknown = {"bill_id": "bil_" + "0" * 32, "amount": {"amount": 100, "currency": "INR"}}
    assert_problem(platform, kiosk.pay(unknown), 404)


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
    body = payment(kiosk.fetch_bill("200000000805"))
    headers = {"Authorization": f"Bearer {kiosk.token}"} | ({"Idempotency-Key": key} if key else {})
    problem = assert_problem(platform, platform.call("POST", "/v1/payments", body, headers), 400)
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
    answer = platform.call("POST", "/v1/oauth2/token", form.encode(), headers)
    # RFC 6749 section 5.2 names the media type.
    problem = assert_problem(platform, answer, 401, media_type="application/json")
    assert problem["error"] == "invalid_client"


def test_what_a_citizen_tells_is_in_no_log(platform: Platform, stack: Stack, kiosk: Client) -> None:
    canary = "Canary Citizenname"
    applicant = {"name": canary, "mobile": "9829012345", "aadhaar": "987601234321"}
    body = {"application_type": "domicile", "district_code": "107", "applicant": applicant}
    kiosk.post("/v1/applications", body)
    kiosk.post("/v1/applications", json.dumps(body).encode()[:-1], **{"Content-Type": "application/json"})
    private = [canary, "9829012345", "987601234321", kiosk.client_secret, kiosk.token]
    assert written_down(stack, private) == []


def test_what_passes_through_with_an_application_and_a_payment_is_in_no_log_and_no_event(
    platform: Platform, stack: Stack, kiosk: Client
) -> None:
    """Nothing is refused here: what is accepted goes through every program, and through the broker."""
    mobile, aadhaar, number = "9829054321", "987612345678", "271828182845"
    applicant = {
        "name": "Canary Applicantname",
        "name_hi": "कैनरी आवेदकनाम",
        "father_name": "Canary Fathername",
        "address": f"17 Canarystreet, {mobile}, {aadhaar}",
        "date_of_birth": "1971-02-03",
    }
    remarks = f"Canary remark, {mobile}, {aadhaar}"
    bill = kiosk.fetch_bill(number)
    paid = kiosk.pay(bill)
    assert paid.status == 201, paid
    body = {"application_type": "domicile", "district_code": "107", "applicant": applicant}
    application = kiosk.post("/v1/applications", body)
    assert application.status == 201, application
    application_id, pay_with = application.json["application_id"], application.json["fee"]["pay_with"]

    def demand() -> Answer | None:
        answer = kiosk.post("/v1/bill-fetches", pay_with)
        return answer if answer.status == 201 else None

    fee = eventually(demand, what="billing has raised the fee demand").json["bills"][0]
    assert kiosk.pay(fee).status == 201
    path = f"/v1/applications/{application_id}"
    eventually(lambda: kiosk.get(path).json["state"] == "IN_VERIFICATION", what="the fee has arrived")
    officer = platform.client("officer-tehsildar-jodhpur")
    decided = officer.post(f"{path}/decisions", {"decision": "approve", "remarks": remarks})
    assert decided.status == 201, decided
    # By then every event of both has gone through the broker to its consumers.
    kiosk.transaction_when(application.json["transaction_token"], "ISSUED")
    kiosk.transaction_when(paid.json["transaction_token"], "COMPLETED")

    # In parts too: a log may cut a text. The day of birth is a day like any other and would be found elsewhere.
    private = [
        "Canary",
        applicant["name_hi"],
        "Canarystreet",
        mobile,
        aadhaar,
        number,
        kiosk.client_secret,
        kiosk.token,
    ]
    assert written_down(stack, private) + told_to_others(stack, private) == []


def written_down(stack: Stack, private: Sequence[str]) -> list[tuple[str, str]]:
    """Where which of `private` is found in the logs of the services, the database and the broker.

    The simulators are foreign parties: what they write is not ours.
    """
    logs = [log for log in stack.state.rglob("*") if log.is_file() and log.parent.name in {"logs", "log"}]
    names = {log.name.partition(".")[0] for log in logs}
    assert names >= {"billing-api", "billing-relay", "certificates-worker", "gateway-api", "mongod", "rabbitmq"}, names
    return [
        (log.name, text)
        for log in logs
        if log.name.partition(".")[0] not in SIMULATORS
        for text in private
        if found_in(log.read_text(errors="replace"), text)
    ]


def told_to_others(stack: Stack, private: Sequence[str]) -> list[tuple[str, str]]:
    """Which of `private` is found in the events of which service: in bodies, headers and routing keys."""
    with pymongo.MongoClient[dict[str, Any]](stack.infrastructure.mongodb_uri) as client:
        rows = [
            (service, row)
            for service in stack.services
            for row in client[stack.infrastructure.database_of(service)].outbox.find()
        ]
    assert {row["routing_key"] for _, row in rows} >= {"application.submitted.v1", "payment.completed.v1"}
    return [
        (f"{service}: {row['routing_key']}", text)
        for service, row in rows
        for text in private
        if found_in(bytes(row["body"]).decode() + repr({k: v for k, v in row.items() if k != "body"}), text)
    ]


def found_in(text: str, private: str) -> bool:
    """As it stands, or as JSON writes what is not ASCII."""
    return private in text or json.dumps(private)[1:-1] in text


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
        read = Answer("a raw request", answer.status, dict(answer.headers), answer.read())
    problem = assert_problem(platform, read, status)
    assert problem["instance"] == "/"
