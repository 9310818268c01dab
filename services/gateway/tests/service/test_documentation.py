"""The documentation is complete and makes a browser ask nobody else."""

import re
from typing import Any

import pytest
from tests.support.documents import document, operation
from tests.support.stage import Stage

from emitra_contracts import envelope_schema, events, examples, producer, schema
from gateway.entrypoints import documentation

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
OUTSIDE = re.compile(r"""(?:src|href|action|url)\s*[=(:]\s*["']?(?:https?:)?//""", re.IGNORECASE)


def test_the_landing_page_is_the_documentation(stage: Stage) -> None:
    got = stage.call("GET", "/")
    assert (got.status_code, got.headers["Location"]) == (302, "/docs")


def test_the_page_and_everything_it_loads_come_from_the_gateway(stage: Stage) -> None:
    page = stage.call("GET", "/docs")
    assert page.content_type == "text/html; charset=utf-8"
    assert not OUTSIDE.search(page.text)
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(loaded) >= 4
    for target in loaded:
        assert target.startswith("/")
        got = stage.call("GET", target)
        assert got.status_code == 200
        assert got.data
    assert "<script>" not in page.text
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "http" not in policy
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]


def test_the_pages_own_assets_name_no_other_host(stage: Stage) -> None:
    for name in ("start.js", "problems.css", "swagger-ui.css"):
        text = stage.call("GET", f"/docs/assets/{name}").text
        assert not re.search(r"url\(\s*[\"']?(?:https?:)?//|@import", text)
        if name != "swagger-ui.css":
            assert "//" not in text.replace("// ", "")
    assert "validatorUrl: null" in stage.call("GET", "/docs/assets/start.js").text


def test_the_page_can_render_openapi_3_1(stage: Stage) -> None:
    assert stage.call("GET", "/openapi.json").json["openapi"] == "3.1.0"
    bundle = stage.call("GET", "/docs/assets/swagger-ui-bundle.js").text
    assert r"3\.1\." in bundle


def test_assets_are_kept_by_browsers_and_checked_by_etag(stage: Stage) -> None:
    first = stage.call("GET", "/docs/assets/swagger-ui.css")
    assert "max-age" in first.headers["Cache-Control"]
    again = stage.call("GET", "/docs/assets/swagger-ui.css", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("name", ["nothing.js", "..%2Fdocumentation.py", "__init__.py", "docs.html", "LICENSE"])
def test_only_listed_assets_exist(stage: Stage, name: Any) -> None:
    assert stage.call("GET", f"/docs/assets/{name}").status_code in {400, 404}


def test_the_merged_document_holds_every_services_operations_and_the_gateways_own(stage: Stage) -> None:
    merged = stage.call("GET", "/openapi.json").json
    for path in ("/v1/payments", "/v1/oauth2/token", "/v1/transactions/{token}", "/openapi.json", "/problems/{slug}"):
        assert path in merged["paths"]
    assert not [path for path in merged["paths"] if "internal" in path]
    flow = merged["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]
    assert flow["tokenUrl"] == "/v1/oauth2/token"
    assert "transactions:read" in flow["scopes"]
    assert merged["servers"] == [{"url": "/"}]


def test_the_merged_document_follows_the_services(stage: Stage) -> None:
    shipped = document("schemes", {"/v1/schemes": {"get": operation("schemes:read")}})
    stage.publish("schemes", shipped, stage.billing.url)
    assert "/v1/schemes" in stage.call("GET", "/openapi.json").json["paths"]
    (stage.routes_dir / "schemes.yaml").unlink()
    stage.gateway.routes.read()
    assert "/v1/schemes" not in stage.call("GET", "/openapi.json").json["paths"]


def test_every_problem_the_gateway_answers_with_has_its_page(stage: Stage) -> None:
    got = stage.call("GET", "/v1/payments/pay_1")
    page = stage.call("GET", got.json["type"], headers=BROWSER)
    assert page.content_type == "text/html; charset=utf-8"
    assert got.json["title"] in page.text
    assert got.json["title_hi"] in page.text
    assert page.headers["Content-Security-Policy"] == documentation.CONTENT_SECURITY_POLICY
    assert not OUTSIDE.search(page.text)


def test_problem_types_of_every_service_are_listed_for_people_and_programs(stage: Stage) -> None:
    row = {
        "slug": "scheme-closed", "title": "The <scheme> is closed", "title_hi": "योजना बंद है", "status": 409,
        "retryable": False, "detail": "Ask for another one.",
    }  # fmt: skip
    shipped = document("schemes", {"/v1/schemes": {"get": operation("schemes:read")}}, **{"x-problems": [row]})
    stage.publish("schemes", shipped, stage.billing.url)
    listed = {item["slug"]: item for item in stage.call("GET", "/problems").json["items"]}
    assert listed["scheme-closed"] == {**row, "services": ["schemes"]}
    assert "token-expired" in listed
    assert "&lt;scheme&gt;" in stage.call("GET", "/problems", headers=BROWSER).text
    assert stage.call("GET", "/problems/scheme-closed", headers={"Accept": "application/json"}).json["status"] == 409


def test_the_schema_that_an_event_names_is_served(stage: Stage) -> None:
    # The gateway's own document ships no schemas: act.performed.v1 is read in the repository alone.
    others = [event for event in events() if producer(event) != "gateway"]
    for service in {producer(event) for event in others}:
        shown = {event: schema(event) for event in others if producer(event) == service}
        ships = document(service, {f"/v1/{service}-events": {"get": operation()}}, **{"x-events": shown})
        stage.publish(service, ships, stage.billing.url)
    listed = {row["event"]: row for row in stage.call("GET", "/contracts/events").json["items"]}
    assert set(listed) == {"envelope", *others}
    for event in others:
        for example in examples(event):
            assert example["dataschema"] == listed[event]["dataschema"]
        got = stage.call("GET", listed[event]["href"])
        assert (got.status_code, got.content_type) == (200, "application/schema+json")
        assert got.json == schema(event)
    again = {"If-None-Match": got.headers["ETag"]}
    assert stage.call("GET", listed[event]["href"], headers=again).status_code == 304
    assert stage.call("GET", listed["envelope"]["href"]).json == envelope_schema()
    for name in ("nothing.v1.json", "envelope", "..%2Fdocs.html"):
        assert stage.call("GET", f"/contracts/events/{name}").status_code in {400, 404}


def test_a_newcomer_shows_its_own_events_and_nobody_elses(stage: Stage) -> None:
    taken = {**schema("payment.completed.v1"), "title": "not billing's"}
    own = {"$id": "urn:emitra:events:crop.sown.v1", "type": "object"}
    shown = {"payment.completed.v1": taken, "crop.sown.v1": own}
    stage.publish(
        "agriculture",
        document("agriculture", {"/v1/crops": {"get": operation()}}, **{"x-events": shown}),
        stage.billing.url,
    )
    assert stage.call("GET", "/contracts/events/crop.sown.v1.json").json == own
    assert stage.call("GET", "/contracts/events/payment.completed.v1.json").status_code == 404
    (refusal,) = stage.gateway.routes.refusals
    assert (refusal.service, refusal.owner, refusal.route) == ("agriculture", "billing", "EVENT payment.completed.v1")


def test_an_unknown_problem_type_is_not_found(stage: Stage) -> None:
    got = stage.call("GET", "/problems/no-such-thing", headers=BROWSER)
    assert (got.status_code, got.json["code"]) == (404, "no-such-problem-type")


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_probes_and_metrics_are_not_on_the_public_port(stage: Stage, path: str) -> None:
    assert stage.call("GET", path).status_code == 404
