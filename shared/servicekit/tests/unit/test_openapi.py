import re
from typing import Any

import yaml
from flask import Flask

from servicekit.http.openapi import openapi_document, openapi_yaml


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
    assert document["info"] == {"title": "e-Mitra sample", "version": "1.2.3"}
    assert document["x-service"] == "sample"
    by_slug = {row["slug"]: row for row in document["x-problems"]}
    assert by_slug["not-found"]["status"] == 404
    assert by_slug["not-found"]["detail"].startswith("There is no such thing")


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


def test_failures_are_documented_by_one_shared_problem(app: Flask) -> None:
    responses = operation(app, "post", "/v1/payments")["responses"]
    problem = {"$ref": "#/components/responses/Problem"}
    assert responses.pop("201")["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Payment"}
    assert responses == dict.fromkeys(["400", "401", "403", "422", "default"], problem)
    assert set(openapi_document(app, "sample")["components"]["responses"]) == {"Problem"}


def test_only_schemas_in_use_are_listed_and_answers_stay_open_for_new_members(app: Flask) -> None:
    schemas = openapi_document(app, "sample")["components"]["schemas"]
    assert set(schemas) == {"Money", "NewPayment", "Payment", "Problem"}
    assert schemas["NewPayment"]["additionalProperties"] is False
    assert "additionalProperties" not in schemas["Payment"]


def test_what_is_served_is_what_is_documented(app: Flask) -> None:
    probes = {"/livez", "/readyz", "/metrics"}
    served = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
        if method not in {"HEAD"} and rule.rule not in probes and not rule.rule.startswith("/pages/")
    }
    documented = {
        (path, method)
        for path, operations in openapi_document(app, "sample")["paths"].items()
        for method in operations
        if method in {"get", "post", "put", "patch", "delete"}
    }
    assert served == documented
