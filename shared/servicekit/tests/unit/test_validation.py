from typing import Any

import pytest
from flask.testing import FlaskClient


def errors_of(client: FlaskClient, headers: dict[str, str], body: dict[str, Any]) -> dict[str, str]:
    answer = client.post("/v1/payments", json=body, headers=headers)
    assert answer.status_code == 422, answer.text
    document: Any = answer.json
    assert document["code"] == "validation-failed"
    return {e["pointer"]: e["code"] for e in document["errors"]}


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"bill_id": None}, "/bill_id", "null-not-allowed"),
        ({"bill_id": 7}, "/bill_id", "invalid-type"),
        ({"bill_id": "x" * 41}, "/bill_id", "invalid-length"),
        ({"amount": 7}, "/amount", "invalid-type"),
        ({"amount": []}, "/amount", "invalid-type"),
        ({"amount": {"amount": 1}}, "/amount/currency", "required"),
        ({"amount": {"amount": "1", "currency": "INR"}}, "/amount/amount", "invalid-type"),
        ({"amount": {"amount": 1.5, "currency": "INR"}}, "/amount/amount", "invalid-type"),
        ({"amount": {"amount": True, "currency": "INR"}}, "/amount/amount", "invalid-type"),
        ({"amount": {"amount": 0, "currency": "INR"}}, "/amount/amount", "out-of-range"),
        ({"amount": {"amount": 1, "currency": "USD"}}, "/amount/currency", "not-allowed"),
        ({"amount": {"amount": 1, "currency": "INR", "z": 1}}, "/amount/z", "unknown-field"),
        ({"unheard_of": 1}, "/unheard_of", "unknown-field"),
        ({"a/b~c": 1}, "/a~1b~0c", "unknown-field"),
        ({"customer_params": []}, "/customer_params", "invalid-type"),
        ({"customer_params": {"k_number": "123456"}}, "/customer_params/k_number", "invalid-length"),
        ({"customer_params": {"K": "1"}}, "/customer_params/K", "invalid-format"),
        ({"parts": {}}, "/parts", "invalid-type"),
        (
            {"parts": [{"amount": 1, "currency": "INR"}, {"amount": -1, "currency": "INR"}]},
            "/parts/1/amount",
            "out-of-range",
        ),
        ({"tip": 150}, "/tip", "not-in-hundreds"),
        ({"due": "tomorrow"}, "/due", "invalid-format"),
    ],
)
def test_each_wrong_field_has_a_pointer_and_a_stable_code(
    client: FlaskClient,
    keyed_headers: dict[str, str],
    payment: dict[str, Any],
    change: dict[str, Any],
    pointer: str,
    code: str,
) -> None:
    assert errors_of(client, keyed_headers, {**payment, **change}) == {pointer: code}


def test_all_wrong_fields_are_told_at_once(client: FlaskClient, keyed_headers: dict[str, str]) -> None:
    found = errors_of(client, keyed_headers, {"amount": {}, "x": 1})
    assert found == {
        "/bill_id": "required",
        "/amount/amount": "required",
        "/amount/currency": "required",
        "/x": "unknown-field",
    }


def test_a_thousand_unknown_fields_are_not_all_repeated(
    client: FlaskClient, keyed_headers: dict[str, str], payment: dict[str, Any]
) -> None:
    answer = client.post("/v1/payments", json={**payment, **{f"f{n}": 0 for n in range(1000)}}, headers=keyed_headers)
    assert len(answer.json["errors"]) == 50  # type: ignore[index]


@pytest.mark.parametrize(
    ("query", "pointer", "code", "status"),
    [
        ("limit=0", "?limit", "out-of-range", 422),
        ("limit=x", "?limit", "invalid-type", 422),
        ("unheard=1", "?unheard", "unknown-field", 422),
        ("limit=1&limit=2", "?limit", "repeated", 400),
        ("cursor=forged", "?cursor", "invalid-cursor", 422),
    ],
)
def test_a_wrong_query_parameter_is_named(
    client: FlaskClient, headers: dict[str, str], query: str, pointer: str, code: str, status: int
) -> None:
    answer = client.get(f"/v1/payments?{query}", headers=headers)
    document: Any = answer.json
    assert answer.status_code == status
    assert [(e["pointer"], e["code"]) for e in document["errors"]] == [(pointer, code)]


def test_a_parameter_that_is_a_list_may_be_repeated(client: FlaskClient, headers: dict[str, str]) -> None:
    assert client.get("/v1/payments?state=A&state=B", headers=headers).status_code == 200


def test_an_address_without_parameters_refuses_any(client: FlaskClient, headers: dict[str, str]) -> None:
    answer = client.get("/v1/payments/pay_1?expand=all", headers=headers)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == "?expand"  # type: ignore[index]


def test_a_nul_in_path_or_query_is_refused(client: FlaskClient, headers: dict[str, str]) -> None:
    assert client.get("/v1/payments/a%00b", headers=headers).status_code == 404
    assert client.get("/v1/payments?cursor=a%00b", headers=headers).status_code == 400
