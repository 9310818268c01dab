import re
from typing import Any

import pytest
import yaml
from flask import Flask

from servicekit.http import Blueprint
from servicekit.http.openapi import openapi_document, openapi_yaml
from servicekit.service import Service


def operation(app: Flask, method: str, path: str) -> dict[str, Any]:
    found: dict[str, Any] = openapi_document(app, "sample")["paths"][path][method]
    return found


def test_the_document_is_the_same_every_time_and_is_yaml(app: Flask) -> None:
    text = openapi_yaml(app, "sample")
    assert text == openapi_yaml(app, "sample")
    assert yaml.safe_load(text) == openapi_document(app, "sample")
    assert "&id" not in text


def test_the_document_names_version_service_and_problems(app: Flask) -> None:
    document = openapi_document(app, "sample")
    assert document["openapi"] == "3.1.0"
    assert (document["info"]["title"], document["info"]["version"]) == ("e-Mitra sample", "1.2.3")
    assert document["info"]["description"]
    assert document["info"]["license"]["identifier"] == "Apache-2.0"
    assert document["x-service"] == "sample"
    by_slug = {row["slug"]: row for row in document["x-problems"]}
    assert by_slug["not-found"]["status"] == 404
    assert by_slug["not-found"]["detail"].startswith("There is no such thing")


def test_what_a_service_wants_for_itself_is_in_its_document_and_nothing_else_is() -> None:
    service = Service(
        "sample", "1", lambda *_: None, [], prefix="/v1/sample", ids={"smp_": "a sample"}, shares={"ID smp_": "for all"}
    )
    document = yaml.safe_load(service.openapi())
    assert {member: document[member] for member in document if member.startswith("x-emitra-")} == {
        "x-emitra-prefix": "/v1/sample",
        "x-emitra-ids": {"smp_": "a sample"},
        "x-emitra-shares": {"ID smp_": "for all"},
    }
    assert "x-emitra-" not in Service("sample", "1", lambda *_: None, []).openapi()


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"ids": {"pay": "…"}}, "sample: ids has 'pay'; write it like pay_"),
        ({"ids": {"EMX": "…"}}, "ids has 'EMX'"),
        ({"ids": {"Pay_": "…"}}, "ids has 'Pay_'"),
        ({"shares": {"pay_": "…"}}, "shares has 'pay_'; write it like SCOPE payments or ID pay_"),
        ({"shares": {"SCOPE payments:read": "…"}}, "shares has 'SCOPE payments:read'"),
    ],
)
def test_a_claim_of_another_form_is_refused_with_the_form(claims: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Service("sample", "1", lambda *_: None, [], **claims)


def test_each_operation_says_who_may_call_it(app: Flask) -> None:
    assert operation(app, "post", "/v1/payments")["security"] == [{"oauth2": ["payments:write"]}]
    public = operation(app, "get", "/v1/payment-keys")
    assert (public["security"], public["x-public"]) == ([], True)
    internal = operation(app, "get", "/v1/internal/transactions/{token}")
    assert (internal["security"], internal["x-internal"]) == ([{"oauth2": ["internal"]}], True)
    flow = openapi_document(app, "sample")["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]
    assert set(flow["scopes"]) == {"payments:read", "payments:write", "internal"}


def test_a_keyed_operation_documents_its_header(app: Flask) -> None:
    parameters = operation(app, "post", "/v1/payments")["parameters"]
    assert [(p["in"], p["name"], p["required"]) for p in parameters] == [("header", "Idempotency-Key", True)]


def test_each_status_that_an_operation_refuses_with_is_documented_with_its_own_codes(app: Flask) -> None:
    responses = operation(app, "post", "/v1/payments")["responses"]
    created = responses.pop("201")
    assert created["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Payment"}
    names = {status: answer["$ref"].removeprefix("#/components/responses/") for status, answer in responses.items()}
    assert names == {
        "400": "MalformedRequest", "401": "NotAuthenticated", "403": "NotPermitted", "408": "RequestTimeout",
        "409": "Conflict",
        "413": "BodyTooLarge", "415": "UnsupportedMediaType", "422": "ValidationFailed", "500": "InternalError",
        "503": "DependencyUnavailable", "504": "DependencyTimeout", "default": "Problem",
    }  # fmt: skip
    assert responses["409"]["description"] == "Also with the code `bill-gone`."
    assert responses["422"]["description"] == "Also with the code `idempotency-key-reused`."
    components = openapi_document(app, "sample")["components"]["responses"]
    assert set(names.values()) <= set(components)
    for answer in components.values():
        (media_type,) = answer["content"]
        assert media_type == "application/problem+json"


def test_an_operation_is_named_as_its_function(app: Flask) -> None:
    assert operation(app, "post", "/v1/payments")["operationId"] == "create_payment"


def test_the_headers_of_an_answer_are_documented(app: Flask) -> None:
    created = operation(app, "post", "/v1/payments")["responses"]["201"]["headers"]
    assert set(created) == {"X-Request-Id", "Idempotent-Replayed", "Location"}
    document = openapi_document(app, "sample")
    for answer in document["components"]["responses"].values():
        assert "X-Request-Id" in answer["headers"]
    assert "Retry-After" in document["components"]["responses"]["DependencyUnavailable"]["headers"]
    assert "WWW-Authenticate" in document["components"]["responses"]["NotAuthenticated"]["headers"]
    assert {"Location", "Retry-After", "X-Request-Id"} <= set(document["components"]["headers"])


def test_a_header_that_nobody_describes_cannot_be_documented() -> None:
    with pytest.raises(KeyError, match="X-Nobodys"):
        Blueprint("x").response(200, headers=["X-Nobodys"])


def test_an_instant_and_the_size_of_an_object_are_said_in_the_words_of_json_schema(app: Flask) -> None:
    schemas = openapi_document(app, "sample")["components"]["schemas"]
    created_at = schemas["Payment"]["properties"]["created_at"]
    assert created_at == {"type": ["string", "null"], "format": "date-time"}
    assert schemas["NewPayment"]["properties"]["customer_params"]["maxProperties"] == 4
    assert "maxLength" not in schemas["NewPayment"]["properties"]["customer_params"]


def test_only_schemas_in_use_are_listed_and_answers_stay_open_for_new_members(app: Flask) -> None:
    schemas = openapi_document(app, "sample")["components"]["schemas"]
    assert set(schemas) == {"FieldProblem", "Money", "NewPayment", "Payment", "Problem"}
    assert schemas["NewPayment"]["additionalProperties"] is False
    assert "additionalProperties" not in schemas["Payment"]


def test_what_is_served_is_what_is_documented(app: Flask) -> None:
    served = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
        if method not in {"HEAD"} and not rule.rule.startswith("/pages/")
    }
    documented = {
        (path, method)
        for path, operations in openapi_document(app, "sample")["paths"].items()
        for method in operations
        if method in {"get", "post", "put", "patch", "delete"}
    }
    assert served == documented
