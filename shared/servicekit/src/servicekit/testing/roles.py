"""Every operation of a service called in every role: it lets in those whom its document names, and nobody else."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import yaml
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from servicekit.access import Role
from servicekit.http.callers import Person
from servicekit.http.marks import INTERNAL_SCOPE
from servicekit.service.declaration import Service
from servicekit.testing.tokens import internal_headers

KIOSK_ID = "ksk_RJ10200001"
PEOPLE = {
    Role.CITIZEN: Person("per_citizen", "citizen"),
    Role.OPERATOR: Person("per_operator", "operator"),
    Role.STAFF: Person("per_staff", "staff"),
    Role.LSP: Person("per_lsp", "lsp", lsp_id="lsp_1"),
    Role.OFFICER: Person("per_officer", "officer", "revenue", frozenset({"102"}), "Tehsildar", "तहसीलदार"),
    Role.DISTRICT_ADMIN: Person("per_district", "district_admin", districts=frozenset({"102"})),
    Role.STATE_ADMIN: Person("per_state", "state_admin"),
    Role.AUDITOR: Person("per_auditor", "auditor"),
}
HeadersOf = Callable[..., dict[str, str] | None]
"""As `headers_of` below."""
_METHODS = ("get", "put", "post", "delete", "patch")


def headers_of(service: str, role: Role, *scopes: str) -> dict[str, str] | None:
    """The token of somebody in this role, as the gateway hands it on to `service`; None where there is none."""
    if role is Role.MACHINE and INTERNAL_SCOPE in scopes:
        return None  # a machine with this scope is the service
    if role is Role.SERVICE:
        return internal_headers(service, client_id="gateway", scopes=[*scopes, INTERNAL_SCOPE])
    kiosk_id = KIOSK_ID if role in (Role.OPERATOR, Role.STAFF) else None
    return internal_headers(service, kiosk_id=kiosk_id, scopes=scopes, person=PEOPLE.get(role))


def misjudged(service: Service, http: FlaskClient, headers_of: HeadersOf = headers_of) -> list[str]:
    """What does not go as the service's document says, one sentence each. Calls are empty, and so have no effect.

    A role that is not named gets 403, whoever has no token 401, no scope 403; a role that is named gets neither.
    `headers_of` makes tokens of another kind, for who verifies those.
    """
    document = yaml.load(service.openapi(), yaml.CSafeLoader)
    return [
        wrong
        for path, item in document["paths"].items()
        for method in _METHODS
        if method in item and item[method]["security"]
        for wrong in _of_an_operation(service.name, http, headers_of, f"{method.upper()} {path}", item, item[method])
    ]


def _of_an_operation(
    service: str, http: FlaskClient, headers_of: HeadersOf, where: str, item: dict[str, Any], operation: dict[str, Any]
) -> Iterator[str]:
    (scope,) = operation["security"][0]["oauth2"]
    method, _, path = where.partition(" ")
    address = _address(path, [*item.get("parameters", []), *operation.get("parameters", [])])
    body: dict[str, Any] = {"json": {}} if "requestBody" in operation else {}

    def call(headers: dict[str, str]) -> TestResponse:
        return http.open(address, method=method, headers=headers, **body)

    named = set(operation.get("x-roles", ()))
    if not named:
        yield f"{where} names no role: @blueprint.requires(scope, roles=…)"
    if call({}).status_code != 401:
        yield f"{where} lets in who has no token"
    for role in Role:
        headers = headers_of(service, role, scope)
        if headers is None:
            continue
        status, refused = _answer(call(headers))
        if role in named and (status in (401, 403) or status >= 500):
            yield f"{where} answers {role} with {status}, and is for them"
        if role not in named and not refused:
            yield f"{where} answers {role} with {status}, and is not for them"
        if role is not Role.SERVICE and call(headers_of(service, role, "other:scope") or {}).status_code != 403:
            yield f"{where} lets in {role} without the scope {scope}"


def _answer(response: TestResponse) -> tuple[int, bool]:
    problem = response.get_json(silent=True) or {}
    return response.status_code, response.status_code == 403 and problem.get("code") == "role-not-permitted"


def _address(path: str, parameters: list[dict[str, Any]]) -> str:
    examples = {parameter.get("name"): str(parameter.get("example", "none")) for parameter in parameters}
    return re.sub(r"\{(\w+)\}", lambda match: examples.get(match[1], "none"), path)
