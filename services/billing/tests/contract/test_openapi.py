"""What the description of the routes promises."""

from typing import Any

import pytest
import yaml

from billing.entrypoints.service import SERVICE


@pytest.fixture(scope="module")
def document() -> Any:
    return yaml.load(SERVICE.openapi(), yaml.CSafeLoader)


def operations(document: Any) -> dict[tuple[str, str], Any]:
    """Each (method, path) with its operation; a path's shared parameters are none."""
    return {
        (method, path): operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    }


def test_each_operation_needs_the_scope_that_clients_were_promised(document: Any) -> None:
    scopes = {
        where: [scope for need in operation["security"] for scope in need["oauth2"]]
        for where, operation in operations(document).items()
    }

    assert scopes == {
        ("get", "/v1/billers"): ["billers:read"],
        ("get", "/v1/billers/{biller_id}"): ["billers:read"],
        ("post", "/v1/payments/{payment_id}/refunds"): ["payments:write"],
        ("get", "/v1/payments/{payment_id}/refunds"): ["payments:read"],
        ("get", "/v1/refunds/{refund_id}"): ["payments:read"],
        ("get", "/v1/dispute-codes"): [],
        ("get", "/v1/settlements"): ["payments:read"],
        ("get", "/v1/settlements/{settlement_id}"): ["payments:read"],
        ("get", "/v1/settlements/{settlement_id}/lines-csv"): ["payments:read"],
        ("post", "/v1/payments/{payment_id}/disputes"): ["payments:write"],
        ("get", "/v1/payments/{payment_id}/disputes"): ["payments:read"],
        ("get", "/v1/disputes"): ["payments:read"],
        ("get", "/v1/disputes/{dispute_id}"): ["payments:read"],
        ("post", "/v1/disputes/{dispute_id}/evidence"): ["payments:write"],
        ("post", "/v1/disputes/{dispute_id}/decisions"): ["payments:write"],
        ("get", "/v1/billers/{biller_id}/plans"): ["billers:read"],
        ("get", "/v1/service-charges"): [],
        ("get", "/v1/fees"): [],
        ("post", "/v1/bill-fetches"): ["bills:fetch"],
        ("post", "/v1/payments"): ["payments:write"],
        ("get", "/v1/payments/{payment_id}"): ["payments:read"],
        ("get", "/v1/payments/{payment_id}/receipt"): ["payments:read"],
        ("get", "/v1/payments/{payment_id}/timeline"): ["payments:read"],
        ("get", "/v1/payments/{payment_id}/tender-proof"): ["payments:read"],
        ("get", "/v1/privacy/export/billing"): ["privacy:own"],
        ("get", "/v1/timeline-keys"): [],
        ("get", "/v1/commission-statements/{month}"): ["payments:read"],
        ("post", "/v1/payments/{payment_id}/receipt-copies"): ["payments:write"],
        ("get", "/v1/payments/{payment_id}/receipt-copies/{copy_id}/pdf"): ["payments:read"],
        ("post", "/v1/receipt-checks"): [],
        ("post", "/v1/overcharge-reports"): [],
        ("get", "/v1/wallet"): ["wallet:read"],
        ("get", "/v1/in-doubt"): [],
        ("get", "/v1/breaks"): ["payments:read"],
        ("get", "/v1/breaks/{break_id}"): ["payments:read"],
        ("put", "/v1/breaks/{break_id}/proposal"): ["payments:write"],
        ("post", "/v1/breaks/{break_id}/approvals"): ["payments:write"],
        ("post", "/v1/wallets/{kiosk_id}/top-ups"): ["payments:write"],
        ("get", "/v1/wallets/{kiosk_id}/top-ups"): ["wallet:read"],
        ("get", "/v1/wallets/{kiosk_id}/top-ups/{top_up_id}"): ["wallet:read"],
        ("get", "/v1/wallets/{kiosk_id}/statement"): ["wallet:read"],
        ("get", "/v1/wallets/{kiosk_id}/statement-csv"): ["wallet:read"],
        ("get", "/v1/wallets/{kiosk_id}/day-book"): ["wallet:read"],
        ("get", "/v1/internal/transactions/{token}"): ["internal"],
        ("post", "/callbacks/biller"): [],
    }


def test_what_is_not_for_clients_is_marked_so_that_the_gateway_never_routes_it(document: Any) -> None:
    internal = [path for (_, path), operation in operations(document).items() if operation.get("x-internal")]

    assert internal == ["/v1/internal/transactions/{token}", "/callbacks/biller"]


def test_posts_by_clients_need_an_idempotency_key(document: Any) -> None:
    for path in ("/v1/bill-fetches", "/v1/payments"):
        parameters = document["paths"][path]["post"]["parameters"]
        assert [p["name"] for p in parameters if p["in"] == "header" and p["required"]] == ["Idempotency-Key"]


def test_every_problem_billing_may_answer_with_is_explained_in_two_languages(document: Any) -> None:
    problems = {problem["slug"]: problem for problem in document["x-problems"]}

    assert {"wallet-balance-too-low", "bill-already-paid", "fee-demand-not-found", "biller-timeout"} <= problems.keys()
    for problem in problems.values():
        assert problem["detail"]
        assert any("ऀ" <= letter <= "ॿ" for letter in problem["title_hi"]), problem
