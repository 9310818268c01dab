from typing import Any

import jsonschema
import pytest
from flask import Flask
from flask.testing import FlaskClient
from pymongo import errors as store
from werkzeug.exceptions import TooManyRequests
from werkzeug.test import TestResponse

from servicekit import errors
from servicekit.errors import FieldProblem, ServiceError
from servicekit.http import problems
from servicekit.http.openapi import openapi_document, problem_types


def fail_with(sample: Any, error: Exception) -> None:
    def act() -> None:
        raise error

    sample.act = act


def read(client: FlaskClient, headers: dict[str, str]) -> TestResponse:
    return client.get("/v1/payments/pay_1", headers=headers)


def document_of(answer: TestResponse) -> dict[str, Any]:
    assert answer.content_type == "application/problem+json"
    document: Any = answer.json
    assert document["status"] == answer.status_code
    assert document["request_id"] == answer.headers["X-Request-Id"]
    assert document["type"] == f"/problems/{document['code']}"
    assert any("\u0900" <= character <= "\u097f" for character in document["title_hi"])
    return dict(document)


@pytest.mark.parametrize("kind", [k for k in problems.STATUSES if k is not problems.InternalError])
def test_each_kind_of_error_has_its_status_and_a_complete_document(
    app: Flask, client: FlaskClient, sample: Any, headers: dict[str, str], kind: type[ServiceError]
) -> None:
    fail_with(sample, kind("What is wrong.", errors=[FieldProblem("/a", "required", "Missing.")], wallet_paise=5))
    answer = read(client, headers)
    document = document_of(answer)
    assert answer.status_code == problems.STATUSES[kind]
    assert (document["title"], document["detail"], document["retryable"]) == (
        kind.title,
        "What is wrong.",
        kind.retryable,
    )
    assert document["errors"] == [{"pointer": "/a", "code": "required", "detail": "Missing."}]
    assert (document["instance"], document["wallet_paise"]) == ("/v1/payments/pay_1", 5)
    whole = openapi_document(app, "sample")
    jsonschema.validate(document, {**whole["components"]["schemas"]["Problem"], "components": whole["components"]})


def test_a_services_own_error_takes_the_status_of_what_it_extends(
    client: FlaskClient, sample: Any, headers: dict[str, str]
) -> None:
    class TooLow(errors.Conflict):
        slug = "too-low"
        title = "Too low"
        title_hi = "बहुत कम"

    fail_with(sample, TooLow("Top it up."))
    answer = read(client, headers)
    assert (answer.status_code, document_of(answer)["code"]) == (409, "too-low")


def test_members_of_an_error_cannot_replace_those_of_the_standard(
    client: FlaskClient, sample: Any, headers: dict[str, str]
) -> None:
    fail_with(sample, errors.Conflict("No.", status=200, title="forged"))
    document = document_of(read(client, headers))
    assert (document["status"], document["title"]) == (409, errors.Conflict.title)


def test_retryable_problems_say_when_to_come_back(client: FlaskClient, sample: Any, headers: dict[str, str]) -> None:
    fail_with(sample, errors.DependencyUnavailable("Down."))
    assert read(client, headers).headers["Retry-After"] == "2"
    fail_with(sample, errors.RateLimited("Slow.", retry_after_seconds=17))
    assert read(client, headers).headers["Retry-After"] == "17"
    fail_with(sample, errors.Conflict("No."))
    assert "Retry-After" not in read(client, headers).headers


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not-found"),
        ("GET", "/v1/payments/", 404, "not-found"),
        ("GET", "//v1/payments", 404, "not-found"),
        ("DELETE", "/v1/payments", 405, "method-not-allowed"),
        ("OPTIONS", "/v1/payments", 405, "method-not-allowed"),
        ("BREW", "/v1/payments", 405, "method-not-allowed"),
    ],
)
def test_the_frameworks_refusals_are_problems_too(
    client: FlaskClient, method: str, path: str, status: int, code: str
) -> None:
    answer = client.open(path, method=method)
    assert (answer.status_code, document_of(answer)["code"]) == (status, code)
    if status == 405:
        assert answer.headers["Allow"] == "GET, HEAD, POST"


def test_another_http_exception_becomes_a_plain_400(client: FlaskClient, sample: Any, headers: dict[str, str]) -> None:
    fail_with(sample, TooManyRequests("werkzeug's words"))
    answer = read(client, headers)
    assert answer.status_code == 400
    assert "werkzeug" not in answer.text


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (store.ServerSelectionTimeoutError("no primary at 10.0.0.7"), 503),
        (store.AutoReconnect("connection closed by 10.0.0.7"), 503),
        (store.NotPrimaryError("10.0.0.7"), 503),
        (store.NetworkTimeout("timed out 10.0.0.7"), 504),
        (store.ExecutionTimeout("10.0.0.7", 50), 504),
        (store.WTimeoutError("10.0.0.7", 64), 504),
        (store.WaitQueueTimeoutError("10.0.0.7"), 504),
        (store.OperationFailure("10.0.0.7", 112, {"errorLabels": ["TransientTransactionError"]}), 503),
        (store.OperationFailure("10.0.0.7", 2, {}), 500),
        (store.DuplicateKeyError("dup key 10.0.0.7", 11000), 500),
    ],
)
def test_trouble_with_the_store_is_told_without_its_details(
    client: FlaskClient, sample: Any, headers: dict[str, str], error: Exception, status: int
) -> None:
    fail_with(sample, error)
    answer = read(client, headers)
    assert answer.status_code == status
    assert document_of(answer)["retryable"] == (status != 500)
    assert ("Retry-After" in answer.headers) == (status != 500)
    assert "10.0.0.7" not in answer.text


def test_an_unexpected_failure_says_nothing_of_the_inside_and_is_logged_once(
    logged: Any, client: FlaskClient, sample: Any, keyed_headers: dict[str, str], payment: dict[str, Any]
) -> None:
    fail_with(sample, ZeroDivisionError("inside-word"))
    answer = client.post("/v1/payments", json={**payment, "bill_id": "body-word"}, headers=keyed_headers)
    assert answer.status_code == 500
    assert document_of(answer)["code"] == "internal-error"
    assert "inside-word" not in answer.text
    assert "ZeroDivision" not in answer.text
    failure, request = logged()
    assert (failure["event"], failure["level"], request["event"]) == ("request_failed", "error", "http_request")
    assert "ZeroDivisionError" in failure["exception"]
    assert "inside-word" not in str(failure)
    assert failure["request_id"] == answer.headers["X-Request-Id"]
    assert "body-word" not in str(logged())


def test_a_callers_mistake_is_never_an_error_in_the_log(
    logged: Any, client: FlaskClient, sample: Any, headers: dict[str, str]
) -> None:
    fail_with(sample, errors.Conflict("No."))
    read(client, headers)
    client.get("/nowhere")
    client.get("/v1/payments/pay_1")
    assert [line["level"] for line in logged()] == ["info"] * 3


def test_every_problem_type_has_a_page_text_and_a_slug_of_its_own() -> None:
    rows = problem_types("sample")
    assert len({row["slug"] for row in rows}) == len(rows) >= len(problems.STATUSES)
    assert all(row["detail"] and row["title"] and row["title_hi"] for row in rows)
