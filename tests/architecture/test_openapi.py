"""What a service's document says is said so that programs read it, and not people alone."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.architecture.conftest import SERVICES, openapi

METHODS = ("get", "put", "post", "delete", "patch")
# Members of an answer that are there or not, and what that depends on. All others are always there.
SOMETIMES = {
    ("identity", "Introspection", "act"): "tokens by which somebody acts for a person",
    ("identity", "Introspection", "assistance_id"): "tokens by which somebody acts for a person",
    ("identity", "Introspection", "authorization_details"): "tokens by which somebody acts for a person",
    ("identity", "AccessToken", "authorization_details"): "tokens that were exchanged",
    ("identity", "AuthorizationDetail", "at_most"): "acts that cost something",
    ("identity", "AccessToken", "issued_token_type"): "tokens that were exchanged",
    ("identity", "ActClaim", "role"): "people who act for a person",
    ("identity", "ActClaim", "kiosk_id"): "who acts at a centre",
    ("identity", "OpenIdKey", "crv"): "keys of Ed25519",
    ("identity", "OpenIdKey", "x"): "keys of Ed25519",
    ("identity", "OpenIdKey", "n"): "keys of RSA",
    ("identity", "OpenIdKey", "e"): "keys of RSA",
    ("certificates", "Condition", "is"): "conditions of a choice",
    ("certificates", "Condition", "answered"): "conditions of whether it is answered",
    ("certificates", "Condition", "younger_than"): "conditions of an age",
    ("certificates", "Condition", "at"): "ages on another day than today",
    ("certificates", "FormField", "asked_when"): "fields that are asked under a condition",
    ("certificates", "FormField", "required_when"): "fields that are required under a condition",
    ("certificates", "FormField", "instead_of"): "fields that stand in for others",
    ("certificates", "FormField", "pattern"): "text fields with a form of their own",
    ("certificates", "FormField", "hint"): "says the pattern to people",
    ("certificates", "FormField", "writing"): "text fields",
    ("certificates", "FormField", "script"): "names in a script of their own",
    ("certificates", "FormField", "max_length"): "text fields",
    ("certificates", "FormField", "minimum"): "integer fields",
    ("certificates", "FormField", "maximum"): "integer fields",
    ("certificates", "FormField", "choices"): "choice fields",
    ("certificates", "HistoryLine", "payment_id"): "payments",
    ("certificates", "HistoryLine", "step"): "decisions",
    ("certificates", "HistoryLine", "decision"): "decisions",
    ("certificates", "HistoryLine", "reason"): "refusals",
    ("certificates", "HistoryLine", "remarks"): "refusals with remarks",
    ("certificates", "HistoryLine", "decided_by"): "decisions",
    ("certificates", "LateFee", "after_years"): "limits counted in years",
    ("certificates", "LatePermission", "after_days"): "limits counted in days",
    ("certificates", "LatePermission", "after_years"): "limits counted in years",
    ("certificates", "Verification", "certificate"): "only when the document was signed here",
    ("every service", "Problem", "errors"): "only when single places of the request are wrong",
    ("identity", "AccessToken", "refresh_token"): "of somebody who signed in",
    ("identity", "AccessToken", "id_token"): "with the scope openid",
    ("identity", "Acting", "department"): "of officers",
    ("identity", "Acting", "designation"): "of officers",
    ("identity", "Acting", "designation_hi"): "of officers",
    ("identity", "Acting", "districts"): "of officers and the district administration",
    ("identity", "Acting", "lsp_id"): "of local service providers",
    ("identity", "Acting", "office"): "of officers",
    ("identity", "Introspection", "token_type"): "of a token that counts",
    ("identity", "Introspection", "scope"): "of a token that counts",
    ("identity", "Introspection", "client_id"): "of a token that counts",
    ("identity", "Introspection", "sub"): "of a token that counts",
    ("identity", "Introspection", "aud"): "of a token that counts",
    ("identity", "Introspection", "iss"): "of a token that counts",
    ("identity", "Introspection", "exp"): "of a token that counts",
    ("identity", "Introspection", "iat"): "of a token that counts",
    ("identity", "Introspection", "jti"): "of a token that counts",
    ("identity", "Introspection", "auth_time"): "of somebody who signed in",
    ("identity", "Introspection", "sid"): "of somebody who signed in",
    ("identity", "Introspection", "kiosk_id"): "of a centre's client and its people",
    ("identity", "Introspection", "person"): "of who acts for somebody",
}
_LIST_OF_VALUES = re.compile(r"\b[A-Z][A-Z_]{2,}\b,? or \b[A-Z][A-Z_]{2,}\b|\b[a-z]+(?:-[a-z]+)+ or [a-z-]+\b")


def operations(service: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path, item in openapi(service)["paths"].items():
        for method in METHODS:
            if method in item:
                yield f"{method.upper()} {path}", item[method]


def schemas_within(node: Any) -> Iterator[Mapping[str, Any]]:
    """Every mapping of a document; a schema among others."""
    if isinstance(node, Mapping):
        yield node
        node = list(node.values())
    if isinstance(node, list):
        for inner in node:
            yield from schemas_within(inner)


def named_in(node: Any, schemas: Mapping[str, Any], known: set[str]) -> set[str]:
    """The names of the schemas to which a part of a document leads."""
    for part in schemas_within(node):
        name = str(part.get("$ref", "")).removeprefix("#/components/schemas/")
        if name in schemas and name not in known:
            known.add(name)
            named_in(schemas[name], schemas, known)
    return known


def test_an_operation_has_a_name_that_is_a_function_in_any_language(service: str) -> None:
    for where, operation in operations(service):
        assert re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", operation["operationId"]), where


def test_no_two_operations_that_clients_see_have_one_name_and_no_two_schemas() -> None:
    names: dict[str, str] = {}
    for service in SERVICES:
        public = [(where, o) for where, o in operations(service) if not o.get("x-internal")]
        for where, operation in public:
            assert names.setdefault(operation["operationId"], where) == where
    shapes: dict[str, Any] = {}
    for service in SERVICES:
        document = openapi(service)
        schemas = document["components"]["schemas"]
        outside = [operation for _, operation in operations(service) if not operation.get("x-internal")]
        for name in named_in(outside, schemas, set()):
            assert shapes.setdefault(name, schemas[name]) == schemas[name], f"{name} of {service} is another's too"


def test_every_operation_is_described_for_people(service: str) -> None:
    for where, operation in operations(service):
        assert operation.get("summary"), where
        assert operation.get("description"), where


def test_every_refusal_has_its_status_and_is_a_problem(service: str) -> None:
    for where, operation in operations(service):
        expected = {"400", "408", "422", "500", "503", "504", "default"}
        expected |= {"401", "403"} if operation["security"] else set()
        expected |= {"413", "415"} if "requestBody" in operation else set()
        expected |= {"404"} if "{" in where else set()
        assert expected <= operation["responses"].keys(), where


def test_every_answer_with_a_body_says_of_which_form(service: str) -> None:
    for where, operation in operations(service):
        for status, answer in operation["responses"].items():
            if status.startswith("2") and status != "204":
                assert all(content.get("schema") for content in answer["content"].values()), (where, status)


def test_every_schema_says_its_type_in_the_words_of_json_schema(service: str) -> None:
    for part in schemas_within(openapi(service)):
        assert "nullable" not in part, "a word of OpenAPI 3.0"
        assert "readOnly" not in part, "a request has schemas of its own"
        if isinstance(part.get("enum"), list):
            assert "type" in part, part


def test_a_list_of_values_is_an_enum_and_no_sentence(service: str) -> None:
    for name, schema in openapi(service)["components"]["schemas"].items():
        for member, described in schema.get("properties", {}).items():
            text = described.get("description", "")
            listed = {"enum", "x-extensible-enum", "$ref"} & described.keys()
            assert listed or not _LIST_OF_VALUES.search(text), f"{name}.{member}: {text}"


def test_a_member_of_an_answer_is_always_there_unless_it_is_known_not_to_be(service: str) -> None:
    document = openapi(service)
    schemas = document["components"]["schemas"]
    answered = named_in([o["responses"] for _, o in operations(service)], schemas, {"Problem"})
    asked = named_in([o.get("requestBody") for _, o in operations(service)], schemas, set())
    for name in answered - asked:
        for member in schemas[name].get("properties", {}).keys() - set(schemas[name].get("required", ())):
            assert {(service, name, member), ("every service", name, member)} & SOMETIMES.keys(), f"{name}.{member}"


@pytest.mark.parametrize("row", SOMETIMES, ids=" ".join)
def test_what_is_known_to_be_absent_sometimes_is_a_member(row: tuple[str, str, str]) -> None:
    service, name, member = row
    assert (
        member
        in openapi("billing" if service == "every service" else service)["components"]["schemas"][name]["properties"]
    )
