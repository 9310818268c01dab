"""What the fakes answer is what the OpenAPI documents of the services say; what the portal asks for is there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from tests.support.fake_gateway import OPEN, RULES
from tests.support.fake_platform import FakePlatform, recorded

from portal.adapters.gateway_client import SCOPES

SERVICES = Path(__file__).parents[3]
DOCUMENTS = [
    yaml.load((SERVICES / name / "openapi.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
    for name in ("billing", "certificates", "gateway", "identity", "kiosk-registry")
]


def documented(method: str, path: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The operation, and the document it is in; parameters may have other names there."""
    parts = path.split("/")
    for document in DOCUMENTS:
        for template, item in document["paths"].items():
            theirs = template.split("/")
            same = len(parts) == len(theirs) and all(
                a == b or (a.startswith("<") and b.startswith("{")) for a, b in zip(parts, theirs, strict=True)
            )
            if same and method.lower() in item:
                return item[method.lower()], document
    raise AssertionError(f"no service has {method} {path}")


def operations() -> Iterator[tuple[str, str, str]]:
    for rule in RULES.iter_rules():
        (method,) = (rule.methods or set()) - {"HEAD", "OPTIONS"}
        yield rule.endpoint, method, rule.rule


def answers() -> Iterator[tuple[str, Any]]:
    platform = FakePlatform()
    for name in ("application_types", "billers", "places"):
        yield name, recorded(name)
    for name in ("service_charges", "service_charges_2020", "service_charges_2016"):
        yield "service_charges", recorded(name)
    for shown in recorded("pin_places").values():
        yield "places", shown
    for shown in recorded("application_type").values():
        yield "application_type", shown
    yield "nearest", recorded("nearest")
    yield "nearest", recorded("nearest_far")
    for shown in platform.transactions.values():
        yield "transaction", shown
    for shown in (*platform.verifications.values(), platform.verification_of_text("no certificate")):
        yield "verification_of_text", shown
        yield "verification_of_pdf", shown
        yield "verification_of_number", shown


PLACES = {name: (method, path) for name, method, path in operations()}


@pytest.mark.parametrize(("name", "answer"), list(answers()))
def test_a_fake_answer_is_one_that_the_document_allows(name: str, answer: Any) -> None:
    operation, document = documented(*PLACES[name])
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]

    Draft202012Validator({**schema, "components": document["components"]}).validate(answer)


@pytest.mark.parametrize(("name", "method", "path"), list(operations()))
def test_what_the_portal_asks_for_is_a_public_operation_of_its_scopes(name: str, method: str, path: str) -> None:
    operation, _ = documented(method, path)

    assert not operation.get("x-internal")
    if name in OPEN:
        assert operation["security"] == []
    else:
        ((scope,),) = (need["oauth2"] for need in operation["security"])
        assert scope in SCOPES


def test_the_portal_asks_for_no_scope_that_it_does_not_need() -> None:
    needed = {
        scope
        for _, method, path in operations()
        for need in documented(method, path)[0]["security"]
        for scope in need["oauth2"]
    }
    assert needed == set(SCOPES)


def test_nothing_that_the_portal_sends_changes_anything() -> None:
    changing = {(method, path) for _, method, path in operations() if method != "GET"}
    assert changing == {
        ("POST", "/v1/oauth2/token"),
        ("POST", "/v1/certificate-text-verifications"),
        ("POST", "/v1/certificate-pdf-verifications"),
        ("POST", "/v1/certificate-number-verifications"),
        ("POST", "/v1/transaction-lookups"),
    }
