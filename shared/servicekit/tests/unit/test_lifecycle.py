import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from opentelemetry import trace
from prometheus_client import REGISTRY, generate_latest

from servicekit.deadlines import seconds_left
from servicekit.http import request_id
from servicekit.http.app import create_app
from servicekit.http.blueprint import Blueprint
from servicekit.observability.tracing import configure_tracing

TRACE = "0af7651916cd43dd8448eb211c80319c"
CHOSEN = "2f6f3c1e-8a4b-4f0e-9d53-1c7a0b9e55d2"


def seen_by(sample: Any, look: Any) -> list[Any]:
    seen: list[Any] = []
    sample.act = lambda: seen.append(look())
    return seen


def test_a_uuid_as_request_id_is_kept_and_sent_back(client: FlaskClient, sample: Any) -> None:
    seen = seen_by(sample, request_id)
    answer = client.get("/v1/payment-keys", headers={"X-Request-Id": CHOSEN})
    assert seen == [answer.headers["X-Request-Id"]] == [CHOSEN]


@pytest.mark.parametrize(
    "given",
    [
        None,
        "short",
        "9414098765",
        "has spaces in it here",
        "kiosk-9414098765-bill-1",
        "req_9414098765_2026_000042",
        f"{CHOSEN}9414098765",
        "00000000-0000-0000-0000-009414098765",
        f"req_{'9414098765' * 4}"[:36],
    ],
)
def test_an_unsafe_request_id_is_replaced(client: FlaskClient, given: str | None) -> None:
    answer = client.get("/v1/payment-keys", headers={"X-Request-Id": given} if given else {})
    assert re.fullmatch(r"req_[0-9a-f]{32}", answer.headers["X-Request-Id"])


@pytest.mark.parametrize(("given", "seconds"), [(None, 30), ("5000", 5), ("100", 0.1), ("999999", 60)])
def test_the_timeout_header_sets_the_deadline_up_to_a_minute(
    client: FlaskClient, sample: Any, given: str | None, seconds: float
) -> None:
    seen = seen_by(sample, lambda: seconds_left(1000) if seconds > 1 else 0.1)
    client.get("/v1/payment-keys", headers={"Emitra-Timeout-Ms": given} if given else {})
    assert seen[0] == pytest.approx(seconds, abs=1)
    assert seconds_left(1000) == 1000


@pytest.mark.parametrize("given", ["0", "-5", "1.5", "soon", "1e3", "", "9" * 12])
def test_a_timeout_of_the_wrong_form_is_a_400(client: FlaskClient, given: str) -> None:
    answer = client.get("/v1/payment-keys", headers={"Emitra-Timeout-Ms": given})
    assert answer.status_code == 400
    assert answer.json["errors"][0]["pointer"] == "Emitra-Timeout-Ms"  # type: ignore[index]


def test_with_under_100_ms_left_nothing_is_begun(client: FlaskClient, sample: Any) -> None:
    seen = seen_by(sample, lambda: None)
    answer = client.get("/v1/payment-keys", headers={"Emitra-Timeout-Ms": "99"})
    assert (answer.status_code, answer.json["retryable"], seen) == (504, True, [])  # type: ignore[index]


def test_the_callers_trace_goes_on_inside(client: FlaskClient, sample: Any) -> None:
    seen = seen_by(sample, lambda: trace.format_trace_id(trace.get_current_span().get_span_context().trace_id))
    client.get("/v1/payment-keys", headers={"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"})
    assert seen == [TRACE]
    assert not trace.get_current_span().get_span_context().is_valid


def test_without_a_trace_one_is_begun(client: FlaskClient, sample: Any) -> None:
    seen = seen_by(sample, lambda: trace.get_current_span().get_span_context())
    for sent in ({}, {"traceparent": "nonsense"}):
        client.get("/v1/payment-keys", headers=sent)
    assert all(context.is_valid for context in seen)
    assert len({context.trace_id for context in seen}) == 2


def test_nothing_is_exported_without_a_collector(sample_settings: Any) -> None:
    assert configure_tracing("sample", "1", "api", sample_settings) is None


def test_a_request_is_one_log_line_with_its_ids_and_without_its_query(
    logged: Any, client: FlaskClient, headers: dict[str, str]
) -> None:
    trace_headers = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01", "X-Request-Id": CHOSEN}
    client.get("/v1/payments?cursor=secret-word", headers={**headers, **trace_headers})
    (line,) = logged()
    assert line.pop("duration_ms") >= 0
    assert line.pop("at").endswith("Z")
    assert line == {
        "event": "http_request",
        "level": "info",
        "service": "sample",
        "process": "api",
        "method": "GET",
        "route": "/v1/payments",
        "status": 422,
        "request_id": CHOSEN,
        "trace_id": TRACE,
        "caller": "cli_1",
        "kiosk_id": "ksk_RJ10200001",
    }


def test_answers_may_not_be_cached(client: FlaskClient) -> None:
    assert client.get("/v1/payment-keys").headers["Cache-Control"] == "no-store"


def test_requests_are_counted_by_template_and_never_by_path(client: FlaskClient, headers: dict[str, str]) -> None:
    def count(route: str, status: str) -> float:
        labels = {"http_request_method": "GET", "http_route": route, "http_response_status_code": status}
        return REGISTRY.get_sample_value("http_server_request_duration_seconds_count", labels) or 0

    before, unmatched = count("/v1/payments/<payment_id>", "200"), count("unmatched", "404")
    client.get("/v1/payments/pay_77", headers=headers)
    client.get("/nowhere/77")
    assert count("/v1/payments/<payment_id>", "200") == before + 1
    assert count("unmatched", "404") == unmatched + 1
    metrics = generate_latest(REGISTRY).decode()
    assert "http_server_request_duration_seconds_bucket" in metrics
    assert "pay_77" not in metrics


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_probes_and_metrics_are_not_among_the_routes(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_an_app_made_only_to_be_documented_serves_nobody(headers: dict[str, str]) -> None:
    blp = Blueprint("closed")

    @blp.route("/v1/closed")
    @blp.requires("closed:read")
    @blp.response(200)
    def closed() -> dict[str, str]:
        return {}

    app = create_app(service_name="sample", version="1", settings=None, application=None, blueprints=[blp])
    assert app.test_client().get("/v1/closed", headers=headers).status_code == 401


def test_a_route_that_does_not_say_who_may_call_it_stops_the_start() -> None:
    blp = Blueprint("open")

    @blp.route("/v1/open")
    def forgotten() -> str:
        return "open"

    with pytest.raises(RuntimeError, match=r"GET open\.forgotten"):
        create_app(service_name="sample", version="1", settings=None, application=None, blueprints=[blp])


def test_a_post_that_does_not_say_what_a_repeat_does_stops_the_start() -> None:
    blp = Blueprint("open")

    @blp.route("/v1/open", methods=["POST"])
    @blp.public("a test")
    def forgotten() -> str:
        return "open"

    with pytest.raises(RuntimeError, match=r"POST open\.forgotten .* repeatable\(why\)"):
        create_app(service_name="sample", version="1", settings=None, application=None, blueprints=[blp])


def test_a_scope_that_is_none_is_refused_where_it_is_written() -> None:
    with pytest.raises(ValueError, match="payments:write"):
        Blueprint("x").requires("PAY")
