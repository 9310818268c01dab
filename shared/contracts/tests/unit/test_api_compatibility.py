"""Which differences between two OpenAPI documents count as breaking."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from emitra_contracts.api_compatibility import breaking_api_changes

DOCUMENT: dict[str, Any] = {
    "paths": {
        "/v1/payments": {
            "parameters": [{"in": "header", "name": "Trace", "schema": {"type": "string"}}],
            "post": {
                "security": [{"oauth2": ["payments:write"]}],
                "parameters": [{"in": "query", "name": "dry_run", "schema": {"type": "boolean"}}],
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/PaymentRequest"}}}
                },
                "responses": {
                    "201": {
                        "headers": {"Location": {"required": True, "schema": {"type": "string"}}},
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Payment"}}},
                    },
                    "202": {"$ref": "#/components/responses/Accepted"},
                },
            },
        }
    },
    "components": {
        "schemas": {
            "PaymentRequest": {
                "type": "object",
                "properties": {"amount": {"type": "integer"}, "note": {"type": "string"}},
                "required": ["amount"],
                "additionalProperties": False,
            },
            "Payment": {"type": "object", "properties": {"status": {"type": "string", "enum": ["PAID"]}}},
        },
        "securitySchemes": {"oauth2": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "/token"}}}},
        "responses": {"Accepted": {"content": {"application/json": {"schema": {"type": "object"}}}}},
    },
    "x-problems": [{"slug": "not-paid", "status": 409, "retryable": False}],
}

Edit = Callable[[dict[str, Any]], Any]


def post(document: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = document["paths"]["/v1/payments"]["post"]
    return operation


def schemas(document: dict[str, Any]) -> dict[str, Any]:
    declared: dict[str, Any] = document["components"]["schemas"]
    return declared


def location(document: dict[str, Any]) -> dict[str, Any]:
    header: dict[str, Any] = post(document)["responses"]["201"]["headers"]["Location"]
    return header


def security_schemes(document: dict[str, Any]) -> dict[str, Any]:
    declared: dict[str, Any] = document["components"]["securitySchemes"]
    return declared


def broken_places(edit: Edit) -> list[str]:
    edited = deepcopy(DOCUMENT)
    edit(edited)
    return [change.path for _, change in breaking_api_changes(DOCUMENT, edited)]


TRACE_REQUIRED = {"in": "header", "name": "Trace", "required": True, "schema": {"type": "string"}}
BREAKING: dict[str, tuple[Edit, str]] = {
    "a path gone": (lambda d: d["paths"].clear(), ""),
    "a method gone": (lambda d: d["paths"]["/v1/payments"].pop("post"), ""),
    "a scope more": (lambda d: post(d)["security"][0]["oauth2"].append("payments:large"), "access"),
    "no longer routed": (lambda d: post(d).update({"x-internal": True}), "access"),
    "a parameter gone": (lambda d: post(d)["parameters"].clear(), "query parameter dry_run"),
    "a parameter required": (
        lambda d: d["paths"]["/v1/payments"].update(parameters=[TRACE_REQUIRED]),
        "header parameter Trace",
    ),
    "a parameter retyped": (
        lambda d: post(d)["parameters"][0].update(schema={"type": "integer"}),
        "query parameter dry_run",
    ),
    "a body required": (lambda d: post(d)["requestBody"].update(required=True), "request"),
    "a media type gone": (
        lambda d: post(d)["requestBody"].update(content={"application/xml": {"schema": {}}}),
        "request",
    ),
    "a member of the request required": (
        lambda d: schemas(d)["PaymentRequest"]["required"].append("note"),
        "request /note",
    ),
    "a member of the request gone": (lambda d: schemas(d)["PaymentRequest"]["properties"].pop("note"), "request /note"),
    "a member of the answer gone": (lambda d: schemas(d)["Payment"]["properties"].clear(), "answer 201 /status"),
    "a value more in the answer": (
        lambda d: schemas(d)["Payment"]["properties"]["status"]["enum"].append("HELD"),
        "answer 201 /status",
    ),
    "an answer gone": (lambda d: post(d)["responses"].pop("202"), "answer 202"),
    "an answer of another media type": (
        lambda d: d["components"]["responses"]["Accepted"].update(content={"text/plain": {}}),
        "answer 202",
    ),
    "a header of the answer gone": (
        lambda d: post(d)["responses"]["201"].pop("headers"),
        "answer 201 header Location",
    ),
    "a header of the answer optional": (lambda d: location(d).pop("required"), "answer 201 header Location"),
    "a header of the answer retyped": (
        lambda d: location(d).update(schema={"type": "integer"}),
        "answer 201 header Location",
    ),
    "a parameter written in another way": (
        lambda d: post(d)["parameters"][0].update(style="deepObject"),
        "query parameter dry_run",
    ),
    "a body encoded in another way": (
        lambda d: post(d)["requestBody"]["content"]["application/json"].update(encoding={}),
        "request",
    ),
    "another server": (lambda d: post(d).update(servers=[{"url": "/old"}]), "operation"),
    "a security scheme gone": (lambda d: security_schemes(d).clear(), "security scheme oauth2"),
    "tokens from elsewhere": (
        lambda d: security_schemes(d)["oauth2"]["flows"]["clientCredentials"].update(tokenUrl="/v2/token"),
        "security scheme oauth2",
    ),
    "a problem no longer said to be retryable": (
        lambda d: d["x-problems"][0].pop("retryable"),
        "problem not-paid",
    ),
    "a problem gone": (lambda d: d["x-problems"].clear(), "problem not-paid"),
    "a problem of another status": (lambda d: d["x-problems"][0].update(status=422), "problem not-paid"),
}


@pytest.mark.parametrize(("edit", "place"), BREAKING.values(), ids=BREAKING)
def test_a_change_of_what_clients_rely_on_is_noticed(edit: Edit, place: str) -> None:
    assert broken_places(edit) == [place]


HARMLESS: dict[str, Edit] = {
    "nothing": lambda d: d.items(),
    "a path more": lambda d: d["paths"].update({"/v1/refunds": d["paths"]["/v1/payments"]}),
    "an optional parameter more": lambda d: post(d)["parameters"].append({"in": "query", "name": "x", "schema": {}}),
    "an optional member of the request more": lambda d: schemas(d)["PaymentRequest"]["properties"].update(x={}),
    "a member of the answer more": lambda d: schemas(d)["Payment"]["properties"].update(x={}),
    "a value more in the request": lambda d: schemas(d)["PaymentRequest"]["properties"]["amount"].update(
        type=["integer", "null"]
    ),
    "a header more": lambda d: d["components"]["responses"]["Accepted"].update(headers={"Retry-After": {}}),
    "a header in other letters": lambda d: post(d)["responses"]["201"].update(headers={"location": location(d)}),
    "a scope described": lambda d: security_schemes(d)["oauth2"]["flows"]["clientCredentials"].update(
        scopes={"a": "b"}
    ),
    "an answer more": lambda d: post(d)["responses"].update({"203": {}}),
    "a media type more": lambda d: post(d)["requestBody"]["content"].update({"application/xml": {}}),
    "public from now on": lambda d: post(d).update(security=[]),
    "another scope will do as well": lambda d: post(d)["security"].append({"oauth2": ["payments:all"]}),
    "a problem more": lambda d: d["x-problems"].append({"slug": "new", "status": 409, "retryable": True}),
}


@pytest.mark.parametrize("edit", HARMLESS.values(), ids=HARMLESS)
def test_an_addition_breaks_no_client(edit: Edit) -> None:
    assert broken_places(edit) == []


def test_an_operation_that_was_public_may_not_ask_for_a_scope() -> None:
    public, scoped = deepcopy(DOCUMENT), deepcopy(DOCUMENT)
    post(public)["security"] = []
    assert [change.current for _, change in breaking_api_changes(public, scoped)] == ["scope payments:write"]


def test_who_could_act_may_not_be_refused_and_others_may_be_let_in() -> None:
    narrow, wide = deepcopy(DOCUMENT), deepcopy(DOCUMENT)
    post(narrow)["x-roles"] = ["machine"]
    post(wide)["x-roles"] = ["citizen", "machine"]
    assert [change.was for _, change in breaking_api_changes(wide, narrow)] == ["for citizen"]
    assert [change.was for _, change in breaking_api_changes(wide, DOCUMENT)] == ["for citizen, machine"]
    # Before operations said so, nothing was promised.
    for before in (DOCUMENT, narrow):
        assert list(breaking_api_changes(before, wide)) == []


def test_a_public_operation_may_not_ask_for_a_token() -> None:
    public, closed = deepcopy(DOCUMENT), deepcopy(DOCUMENT)
    for document in (public, closed):
        post(document)["security"] = []
    post(public)["x-public"] = True
    assert [change.path for _, change in breaking_api_changes(public, closed)] == ["access"]
