"""What tests of openings are built with: a form that meets the rules, and who the offices are."""

import secrets
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kiosk_registry.adapters.data.district_facts import districts
from kiosk_registry.adapters.mongo.lsps import MongoLsps
from kiosk_registry.adapters.mongo.register import MongoRegister
from kiosk_registry.domain.lsps.lsp import opening_lsps
from kiosk_registry.domain.openings.opening import Act, Actor, Form, Office, Premises
from kiosk_registry.domain.places.districts import Place
from kiosk_registry.domain.register.centres import Kind
from kiosk_registry.entrypoints.http.openings.schemas import FORM_EXAMPLE
from servicekit.events.outbox import Outbox
from servicekit.http import Person
from servicekit.mongo import Mongo
from servicekit.testing import internal_headers

DOCUMENTS = list(FORM_EXAMPLE["documents"])  # type: ignore[call-overload]
POSITION = {"lat": 26.9182, "lon": 75.8083}

APPLICANT = Person("per_applicant", "citizen")
LSP = Person("per_lsp", "lsp", lsp_id="lsp_sandbox_1")
DISTRICT = Person("per_district", "district_admin", districts=frozenset({"102"}))
STATE = Person("per_state", "state_admin")
OTHER_STATE = Person("per_other_state", "state_admin")

# Every step with whose it is, in order: from the application to the centre.
STEPS: tuple[tuple[Person, dict[str, Any]], ...] = (
    (LSP, {"act": "recommend", "remarks": "Trained with us."}),
    (DISTRICT, {"act": "verify", "position": POSITION, "documents_seen": DOCUMENTS}),
    (DISTRICT, {"act": "pass_examination"}),
    (STATE, {"act": "approve"}),
    (LSP, {"act": "bind_device", "device_id": "SN-2026-0001"}),
)
REFUSAL = {"reason": "documents-not-in-order", "remarks": "The residence proof is of another person."}
ACTORS = {Office(person.role): Actor(person.id, Office(person.role)) for person in (APPLICANT, LSP, DISTRICT, STATE)}


def a_body(**changes: Any) -> dict[str, Any]:
    """The body of an application; members of `premises` by their own names."""
    body = deepcopy(FORM_EXAMPLE)
    for name, value in changes.items():
        (body["premises"] if name in body["premises"] else body)[name] = value  # type: ignore[index,operator]
    return body


def a_form(**changes: Any) -> Form:
    """The same as the domain has it."""
    form = Form(
        name_en="e-Mitra Kendra Sandbox Marg",
        name_hi="ई-मित्र केंद्र सैंडबॉक्स मार्ग",
        district_code="102",
        lsp_id="lsp_sandbox_1",
        date_of_birth=date(1998, 4, 12),
        education="SECONDARY",
        is_resident=True,
        documents=frozenset(DOCUMENTS),
        equipment=frozenset({"computer", "printer", "fingerprint_scanner", "connection"}),
        premises=Premises("12, Sandbox Marg", "302001", Place(**POSITION), Kind.URBAN, {"front": "0" * 64}),
    )
    members = {name: getattr(form, name) for name in form.__dataclass_fields__}
    return Form(**{**members, **changes})


ACTS = [act for act in Act if act is not Act.SUBMIT]


def prepared(mongo: Mongo) -> Mongo:
    """A database that is prepared, and knows the districts and the providers; no centre is in it."""
    MongoRegister(mongo, Outbox(mongo.db, "kiosk-registry")).put_districts(districts())
    MongoLsps(mongo).put_missing(opening_lsps(districts()))
    return mongo


@dataclass
class Applying:
    """The offices and the applicant, each with a token, over HTTP."""

    client: FlaskClient

    def headers(self, person: Person, key: str | None = None) -> dict[str, str]:
        scopes = ["centre-applications:read", "centre-applications:write", "kiosks:read"]
        headers = internal_headers("kiosk-registry", client_id="cli_app", scopes=scopes, person=person)
        return {**headers, "Idempotency-Key": key or secrets.token_hex(16)}

    def posts(self, person: Person, path: str, body: Any, *, key: str | None = None, **extra: str) -> TestResponse:
        return self.client.post(path, json=body, headers={**self.headers(person, key), **extra})

    def gets(self, person: Person, path: str, **query: Any) -> TestResponse:
        return self.client.get(path, query_string=query, headers=self.headers(person))

    def applies(self, person: Person = APPLICANT, **changes: Any) -> str:
        """The id of a new application."""
        response = self.posts(person, "/v1/centre-applications", a_body(**changes))
        assert response.status_code == 201, response.text
        return str((response.json or {})["opening_id"])

    def moves(self, person: Person, opening_id: str, move: dict[str, Any], status: int = 201) -> dict[str, Any]:
        """The answer to a move."""
        response = self.posts(person, f"/v1/centre-applications/{opening_id}/moves", move)
        assert response.status_code == status, response.text
        return dict(response.json or {})

    def refuses(self, opening_id: str, act: str, person: Person = LSP) -> dict[str, Any]:
        return self.moves(person, opening_id, {"act": act, **REFUSAL})

    def opens(self, opening_id: str, device_id: str = "SN-2026-0001", steps: int = len(STEPS)) -> dict[str, Any]:
        """The application after the first of the five steps, all of them unless told otherwise."""
        answer: dict[str, Any] = {}
        for person, move in STEPS[:steps]:
            answer = self.moves(
                person, opening_id, {**move, **({"device_id": device_id} if "device_id" in move else {})}
            )
        return answer

    def reads(self, person: Person, opening_id: str) -> dict[str, Any]:
        response = self.gets(person, f"/v1/centre-applications/{opening_id}")
        assert response.status_code == 200, response.text
        return dict(response.json or {})
