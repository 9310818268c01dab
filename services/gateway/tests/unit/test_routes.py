"""Which operation a method and a path mean."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.documents import BILLING, document, operation

from gateway.application.route_documents import UnusableDocument, read_service
from gateway.application.routes import RouteTable

URL = "http://127.0.0.1:8001"


def table(*paths: str, method: str = "get") -> RouteTable:
    return RouteTable([read_service("kiosks", document("kiosks", {p: {method: operation("a:b")} for p in paths}), URL)])


def template_of(routes: RouteTable, path: str, method: str = "GET") -> str | None:
    found = routes.methods_at(path)
    return None if found is None else found[method].template


def test_a_fixed_segment_beats_a_parameter() -> None:
    routes = table("/v1/kiosks/{kiosk_id}", "/v1/kiosks/nearest")
    assert template_of(routes, "/v1/kiosks/nearest") == "/v1/kiosks/nearest"
    assert template_of(routes, "/v1/kiosks/ksk_1") == "/v1/kiosks/{kiosk_id}"


def test_a_fixed_segment_that_leads_nowhere_gives_way_to_a_parameter() -> None:
    routes = table("/v1/a/nearest/map", "/v1/a/{id}/receipt")
    assert template_of(routes, "/v1/a/nearest/receipt") == "/v1/a/{id}/receipt"


def test_every_operation_leads_to_the_service_that_shipped_it() -> None:
    services = [
        read_service(name, document(name, {f"/v1/{name}/{{id}}": {"get": operation("a:b")}}), URL) for name in "abc"
    ]
    routes = RouteTable(services)
    found = routes.methods_at("/v1/b/1")
    assert found is not None
    assert found["GET"].service == "b"


@pytest.mark.parametrize(
    "path",
    ["/", "", "/v1", "/v1/kiosks", "/v1/kiosks/", "/v1/kiosks/a/b", "//v1/kiosks/a", "/V1/kiosks/a", "v1/kiosks/a"],
)
def test_a_path_that_no_template_describes_has_no_route(path: Any) -> None:
    assert table("/v1/kiosks/{kiosk_id}").methods_at(path) is None


@given(st.text(alphabet="/abc{}.%", max_size=30))
def test_whatever_the_path_looking_it_up_neither_fails_nor_finds_an_empty_value(path: Any) -> None:
    found = table("/a/{x}", "/a/b/{y}").methods_at(path)
    assert found is None or "" not in path.split("/")[1:]


def test_head_goes_where_get_goes() -> None:
    assert template_of(table("/v1/kiosks/{kiosk_id}"), "/v1/kiosks/a", "HEAD") == "/v1/kiosks/{kiosk_id}"


def test_internal_operations_are_not_routed() -> None:
    routes = RouteTable([read_service("billing", BILLING, URL)])
    assert routes.methods_at("/v1/internal/transactions/EM1") is None
    paths = {"/v1/x": {"get": operation("a:b"), "post": {**operation("a:b"), "x-internal": True}}}
    found = RouteTable([read_service("x", document("x", paths), URL)]).methods_at("/v1/x")
    assert found is not None
    assert set(found) == {"GET", "HEAD"}


def test_a_caller_needs_every_scope_of_any_one_alternative() -> None:
    documented = {**operation(), "security": [{"oauth2": ["a:read", "b:read"]}, {"oauth2": ["all:read"]}]}
    del documented["x-public"]
    one = read_service("x", document("x", {"/v1/x": {"get": documented}}), URL).operations[0]
    assert one.missing_scopes(frozenset({"a:read"})) == {"b:read"}
    assert one.missing_scopes(frozenset()) == {"all:read"}
    assert not one.missing_scopes(frozenset({"a:read", "b:read", "more"}))
    assert not one.missing_scopes(frozenset({"all:read"}))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"openapi": "2.0"}, "openapi is '2.0'"),
        ({"openapi": None}, "openapi is None"),
        ({"paths": {}}, "paths is missing or empty"),
        ({"paths": None}, "paths is missing or empty"),
        ({"x-service": "other"}, "x-service is 'other'"),
        ({"paths": {"/v1/x": {"get": {}}}}, "GET /v1/x must have either security scopes or x-public"),
        ({"paths": {"/v1/x": {"get": {"security": [{"oauth2": []}]}}}}, "must have either"),
        ({"paths": {"/v1/x": {"get": {**operation("a:b"), "x-public": True}}}}, "must have either"),
        ({"paths": {"/v1/x": {"put": operation("a:b", **{"x-max-body-bytes": 2**20 + 1})}}}, "take what is larger in"),
        ({"paths": {"/v1/x": {"put": operation("a:b", **{"x-max-body-bytes": "1"})}}}, "x-max-body-bytes '1'"),
        ({"paths": {"/v1/x": {"get": "text"}}}, "GET /v1/x is not a mapping"),
        ({"paths": {"/v1/x": "text"}}, "/v1/x is not a mapping"),
        ({"paths": {"v1/x": {"get": operation("a:b")}}}, "does not begin with /"),
        ({"paths": {"/v1/{id}.pdf": {"get": operation("a:b")}}}, "'{id}.pdf' is neither"),
        ({"paths": {"/v1/../x": {"get": operation("a:b")}}}, "'..' is neither"),
        ({"x-emitra-prefix": "/v1"}, "x-emitra-prefix is '/v1', expected"),
        ({"x-emitra-prefix": "/"}, "x-emitra-prefix is '/', expected"),
        ({"x-emitra-prefix": "/v1/{x}"}, "x-emitra-prefix is '/v1/{x}', expected"),
        ({"x-emitra-prefix": "/v1/x/"}, "x-emitra-prefix is '/v1/x/', expected"),
        ({"x-emitra-prefix": ["/v1/x"]}, "x-emitra-prefix is ['/v1/x'], expected"),
        ({"x-emitra-ids": ["pay_"]}, "x-emitra-ids is no mapping of names such as pay_"),
        ({"x-emitra-ids": {"pay": "…"}}, "x-emitra-ids has 'pay', expected the form of pay_"),
        ({"x-emitra-ids": {"EMX": "…"}}, "x-emitra-ids has 'EMX', expected the form of pay_"),
        ({"x-emitra-shares": "all"}, "x-emitra-shares is no mapping of names such as SCOPE payments"),
        ({"x-emitra-shares": {"* /v1/x": "…"}}, "x-emitra-shares has '* /v1/x', expected the form of SCOPE payments"),
        ({"x-emitra-shares": {"SCOPE a b": "…"}}, "x-emitra-shares has 'SCOPE a b', expected"),
        ({"x-emitra-shares": {"ID pay": "…"}}, "x-emitra-shares has 'ID pay', expected"),
        ({"paths": {"/a/{x}": {"get": operation("a:b")}, "/a/{y}": {"get": operation("a:b")}}}, "documented twice"),
    ],
)
def test_a_document_that_cannot_be_applied_is_refused_with_the_reason(changed: Any, said: Any) -> None:
    whole = {**document("x", {"/v1/x": {"get": operation("a:b")}}), **changed}
    with pytest.raises(UnusableDocument, match=re.escape(said)):
        read_service("x", whole, URL)


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:8000", "ftp://x", "http://", "http://h:99999", "http://h/path", "http://u:p@h", "http://h?q"]
)
def test_a_url_that_cannot_be_called_is_refused(url: Any) -> None:
    with pytest.raises(UnusableDocument, match="is not of the form"):
        read_service("billing", BILLING, url)


def test_every_problem_of_a_document_is_reported_at_once() -> None:
    with pytest.raises(UnusableDocument) as refused:
        read_service("x", {"openapi": "2.0", "x-service": "y", "paths": {"v1": {"get": {}}}}, "nowhere")
    assert len(refused.value.problems) == 5
