"""One OpenAPI document out of many."""

from typing import Any

from tests.support.documents import BILLING, IDENTITY, document, operation

from gateway.application.merged_openapi import merged_openapi
from gateway.application.route_documents import read_service


def merged(*documents: Any) -> Any:
    services = [read_service(d["x-service"], d, "http://127.0.0.1:1") for d in documents]
    result = merged_openapi(services, "1")
    assert merged_openapi(reversed(services), "1") == result
    return result


def with_schemas(service: Any, **schemas: Any) -> Any:
    first = next(iter(schemas))
    answer = {"200": {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{first}"}}}}}
    return document(
        service,
        {f"/v1/{service}": {"get": {**operation("a:b"), "operationId": "get", "responses": answer}}},
        components={"schemas": schemas},
    )


def ref_of(result: Any, service: Any) -> Any:
    answer = result["paths"][f"/v1/{service}"]["get"]["responses"]["200"]
    return answer["content"]["application/json"]["schema"]["$ref"]


def test_every_public_operation_is_in_it_and_no_internal_one() -> None:
    result = merged(BILLING, IDENTITY)
    assert set(result["paths"]) == {
        "/v1/payments", "/v1/payments/{payment_id}", "/v1/billers", "/v1/oauth2/token", "/v1/oauth2/sign-in",
        "/.well-known/jwks.json",
    }  # fmt: skip
    assert result["servers"] == [{"url": "/"}]


def test_a_component_defined_alike_is_there_once() -> None:
    money = {"type": "object"}
    result = merged(with_schemas("a", Money=money), with_schemas("b", Money=dict(money)))
    assert result["components"]["schemas"] == {"Money": money}


def test_components_of_one_name_that_differ_are_told_apart_and_so_are_references_to_them() -> None:
    result = merged(with_schemas("a", Error={"type": "string"}), with_schemas("b", Error={"type": "object"}))
    assert result["components"]["schemas"] == {"a.Error": {"type": "string"}, "b.Error": {"type": "object"}}
    assert ref_of(result, "a") == "#/components/schemas/a.Error"
    assert ref_of(result, "b") == "#/components/schemas/b.Error"


def test_components_that_refer_to_different_things_by_one_name_are_told_apart() -> None:
    outer = {"properties": {"inner": {"$ref": "#/components/schemas/Inner"}}}
    result = merged(
        with_schemas("a", Outer=outer, Inner={"type": "string"}),
        with_schemas("b", Outer=outer, Inner={"type": "object"}),
    )
    for name in "ab":
        assert ref_of(result, name) == f"#/components/schemas/{name}.Outer"
        inner = result["components"]["schemas"][f"{name}.Outer"]["properties"]["inner"]
        assert inner == {"$ref": f"#/components/schemas/{name}.Inner"}


def test_components_that_only_internal_operations_need_are_left_out() -> None:
    internal = with_schemas("a", Transaction={"$ref": "#/components/schemas/Step"}, Step={})
    internal["paths"]["/v1/internal/a"] = internal["paths"].pop("/v1/a")
    internal["paths"]["/v1/a"] = {"get": operation("a:b")}
    public = with_schemas("b", Transaction={"type": "object"})
    assert merged(internal, public)["components"]["schemas"] == {"Transaction": {"type": "object"}}


def test_operation_ids_stay_unique() -> None:
    result = merged(with_schemas("a", A={}), with_schemas("b", B={}))
    assert {item["get"]["operationId"] for item in result["paths"].values()} == {"get", "b.get"}


def test_the_scopes_that_public_operations_of_all_services_ask_for_are_offered_when_authorising() -> None:
    def scheme(scope: Any) -> Any:
        flow = {"tokenUrl": "/v1/oauth2/token", "scopes": {scope: "…", "internal": "…", "nobody:asks": "…"}}
        return {"securitySchemes": {"oauth2": {"type": "oauth2", "flows": {"clientCredentials": flow}}}}

    documents = [document(n, {f"/{n}": {"get": operation(f"{n}:read")}}, components=scheme(f"{n}:read")) for n in "ab"]
    flow = merged(*documents)["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]
    assert flow == {"tokenUrl": "/v1/oauth2/token", "scopes": {"a:read": "…", "b:read": "…"}}


def test_a_problem_type_names_every_service_that_answers_with_it() -> None:
    def with_problem(service: Any) -> Any:
        return document(service, {f"/{service}": {"get": operation("x:y")}}, **{"x-problems": [{"slug": "not-found"}]})

    assert merged(with_problem("a"), with_problem("b"))["x-problems"] == [{"slug": "not-found", "services": ["a", "b"]}]
