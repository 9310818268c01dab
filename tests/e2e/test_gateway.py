"""The gateway's own duties: documentation, trace, deadlines, and standing up to parts that are away."""

import re
from collections.abc import Iterable
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue

from emitra_local.stack import Stack
from tests.support.collector import Collector
from tests.support.platform import Platform, eventually

# Where OpenTelemetry has the request's id: on an HTTP server's span, and on a message's.
NAMES = ("http.response.header.x-request-id", "messaging.message.conversation_id")


def test_the_documentation_page_asks_nobody_else(platform: Platform) -> None:
    page = platform.call("GET", "/docs")
    assert page.status == 200
    html = page.raw.decode()
    for address in re.findall(r"""(?:src|href)=["']([^"']+)""", html):
        assert not address.startswith(("http:", "https:", "//")), address
        asset = address if address.startswith("/") else f"/docs/{address.removeprefix('./')}"
        assert platform.call("GET", asset).status == 200, asset
    assert (
        "default-src 'self'" in page.headers["Content-Security-Policy"]
        or "default-src 'none'" in page.headers["Content-Security-Policy"]
    )


def test_the_merged_document_holds_every_services_routes(platform: Platform) -> None:
    document = platform.call("GET", "/openapi.json").json
    assert document["openapi"].startswith("3.1")
    for path in (
        "/v1/oauth2/token",
        "/v1/payments",
        "/v1/applications/{application_id}/decisions",
        "/v1/kiosks/nearest",
        "/v1/transactions/{token}",
    ):
        assert path in document["paths"], path
    assert not [path for path in document["paths"] if "internal" in path]
    references = set(re.findall(r'"#/components/(\w+)/([^"]+)"', platform.call("GET", "/openapi.json").raw.decode()))
    for kind, name in references:
        assert name in document["components"][kind], name


def test_the_documented_examples_work_as_they_stand(platform: Platform) -> None:
    paths = platform.call("GET", "/openapi.json").json["paths"]

    def example(path: str) -> dict[str, Any]:
        return dict(paths[path]["post"]["requestBody"]["content"]["application/json"]["example"])

    kiosk = platform.client("kiosk-jaipur")
    fetched = kiosk.post("/v1/bill-fetches", example("/v1/bill-fetches"))
    assert fetched.status == 201, fetched
    bill_id = fetched.json["bills"][0]["bill_id"]
    paid = kiosk.post("/v1/payments", {**example("/v1/payments"), "bill_id": bill_id})
    assert (paid.status, paid.json["status"]) == (201, "COMPLETED"), paid
    applied = kiosk.post("/v1/applications", example("/v1/applications"))
    assert (applied.status, applied.json["state"]) == (201, "FEE_DUE"), applied
    verified = platform.call("POST", "/v1/certificate-verifications", example("/v1/certificate-verifications"))
    assert (verified.status, verified.json["valid"]) == (200, False), verified


def test_a_callers_request_id_and_deadline_are_honoured(platform: Platform) -> None:
    client = platform.client("kiosk-jaipur")
    answer = client.get("/v1/billers", **{"X-Request-Id": "2f6f3c1e-8a4b-4f0e-9d53-1c7a0b9e55d2"})
    assert answer.headers["X-Request-Id"] == "2f6f3c1e-8a4b-4f0e-9d53-1c7a0b9e55d2"
    late = client.get("/v1/billers", **{"Emitra-Timeout-Ms": "50"})
    assert (late.status, late.json["retryable"]) == (504, True)


def test_one_trace_leads_from_the_clients_call_to_the_consumers_span_and_each_bears_the_request_id(
    platform: Platform, collector: Collector
) -> None:
    trace_id, request_id = "0af7651916cd43dd8448eb211c80319c", "2f6f3c1e-8a4b-4f0e-9d53-1c7a0b9e55d2"
    client = platform.client("kiosk-jaipur")
    bill = client.fetch_bill("200000000901")
    body = {"bill_id": bill["bill_id"], "amount": bill["amount"], "mode": "WALLET"}
    sent = {"traceparent": f"00-{trace_id}-b7ad6b7169203331-01", "X-Request-Id": request_id}
    answer = client.post("/v1/payments", body, **sent)
    assert answer.status == 201, answer

    def seen() -> set[tuple[str, str, str]]:
        spans = set()
        for body in collector.with_text(bytes.fromhex(trace_id)):
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                service = values(resource.resource.attributes)["service.name"]
                for span in (recorded for scope in resource.scope_spans for recorded in scope.spans):
                    # One of several messages that share a transaction is linked to its producer's trace (ADR 0017),
                    # and the link bears what the span of one message bears itself.
                    for part in (span, *span.links):
                        if part.trace_id.hex() == trace_id:
                            attributes = values(part.attributes)
                            spans.add(
                                (
                                    service,
                                    span.name,
                                    next((attributes[name] for name in NAMES if name in attributes), ""),
                                )
                            )
        return spans

    # Each process sends its spans when its own batch is due, in no order.
    expected = {
        ("gateway", "POST /v1/payments", request_id),
        ("billing", "POST /v1/payments", request_id),
        ("gateway", "process payment.completed.v1", request_id),
    }
    eventually(lambda: expected <= seen(), 30, f"these spans of the trace arrived: {expected}")


def values(attributes: Iterable[KeyValue]) -> dict[str, str]:
    """Attributes that are one text, as a header with one value is."""
    return {
        attribute.key: attribute.value.string_value
        or "".join(item.string_value for item in attribute.value.array_value.values)
        for attribute in attributes
    }


def test_a_services_absence_is_a_clear_answer_and_heals_by_itself(platform: Platform, stack: Stack) -> None:
    client = platform.client("kiosk-jaipur")
    assert client.get("/v1/districts").status == 200
    stack.stop_program("kiosk-registry-api")
    try:
        away = client.get("/v1/districts")
        assert (away.status, away.json["retryable"]) == (503, True), away
        assert int(away.headers["Retry-After"]) > 0
        assert client.get("/v1/billers").status == 200
    finally:
        stack.start_program("kiosk-registry-api")
        stack.await_ready(["kiosk-registry-api"])
    assert client.get("/v1/districts").status == 200


def test_tokens_are_verified_while_identity_is_down(platform: Platform, stack: Stack) -> None:
    client = platform.client("kiosk-jaipur")
    assert client.get("/v1/billers").status == 200
    stack.stop_program("identity-api")
    try:
        assert client.get("/v1/billers").status == 200
    finally:
        stack.start_program("identity-api")
        stack.await_ready(["identity-api"])
