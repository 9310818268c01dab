"""The service as its callers see it: real routes and real message handling over a real MongoDB."""

import base64
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Self

from flask.testing import FlaskClient
from tests.support.builders import birth_form, domicile_form, new_settings
from tests.support.forms import correction_form
from werkzeug.test import TestResponse

from certificates.bootstrap import Certificates, bootstrap
from certificates.entrypoints.service import SERVICE
from certificates.settings import CertificatesSettings
from servicekit.acts import AgreedAct
from servicekit.events.envelope import NewEvent, serialise
from servicekit.http import Actor, Person
from servicekit.ids import event_id, public_id, transaction_token
from servicekit.mongo import Mongo
from servicekit.testing import deliver, internal_headers

KIOSK, KIOSK_CLIENT = "ksk_RJ10200001", "cli_0192f3a1c0de7a5ebc0f5d2c9a7b1e44"
OFFICER_ID = "per_0192f3a1c0de7c22b8e15d2c9a7b1e46"
SDO_ID = "per_0192f3a1c0de7c22b8e15d2c9a7b1e47"
# What somebody agreed to: applications of this type, and no other.
ANY_DOMICILE = (AgreedAct(type="application", identifier="domicile"),)
KIOSK_SCOPES = ("applications:read", "applications:write")
OFFICER_SCOPES = ("applications:read", "applications:decide")


@dataclass(frozen=True)
class Caller:
    """One client of the API."""

    http: FlaskClient
    headers: Mapping[str, str]

    def get(self, path: str, **conditions: str) -> TestResponse:
        return self.http.get(path, headers={**self.headers, **conditions})

    def post(self, path: str, body: Any, key: str | None = None, **conditions: str) -> TestResponse:
        headers = {**self.headers, "Idempotency-Key": key or new_key(), **conditions}
        return self.http.post(path, json=body, headers=headers)

    def apply(
        self,
        application_type: str = "domicile",
        applicant: dict[str, Any] | None = None,
        district_code: str = "102",
        key: str | None = None,
    ) -> TestResponse:
        form = domicile_form() if applicant is None else applicant
        body = {"application_type": application_type, "district_code": district_code, "applicant": form}
        return self.post("/v1/applications", body, key)

    def decide(
        self, application_id: str, decision: str = "approve", key: str | None = None, **body: Any
    ) -> TestResponse:
        asked = {"decision": decision, "remarks": "Seen.", **body}
        return self.post(f"/v1/applications/{application_id}/decisions", asked, key)


def new_key() -> str:
    """An Idempotency-Key nobody has used."""
    return secrets.token_hex(16)


def json_of(answer: TestResponse, status: int) -> dict[str, Any]:
    """The document of an answer that must have this status."""
    assert answer.status_code == status, answer.get_data(as_text=True)
    document: dict[str, Any] = json.loads(answer.data)
    return document


def problem(answer: TestResponse, status: int) -> dict[str, Any]:
    """The problem document of a refusal."""
    assert answer.content_type == "application/problem+json", answer.content_type
    return json_of(answer, status)


def read(document: str) -> dict[str, Any]:
    """What is printed on a document."""
    segment = document.split(".")[1]
    content: dict[str, Any] = json.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    return content


@dataclass
class World:
    """The service, and its callers."""

    mongo: Mongo
    settings: CertificatesSettings
    service: Certificates

    @classmethod
    def over(cls, mongo: Mongo, **env: str) -> Self:
        settings = new_settings(**env)
        return cls(mongo, settings, bootstrap(settings, mongo))

    @cached_property
    def http(self) -> FlaskClient:
        return SERVICE.flask_app(self.settings, self.mongo, self.service).test_client()

    def caller(
        self,
        client_id: str = KIOSK_CLIENT,
        kiosk_id: str | None = None,
        scopes: Sequence[str] = KIOSK_SCOPES,
        person: Person | None = None,
        actor: Actor | None = None,
    ) -> Caller:
        # A client of its own, so that callers may act at the same time.
        http = self.http.application.test_client()
        headers = internal_headers(
            "certificates", client_id=client_id, kiosk_id=kiosk_id, scopes=scopes, person=person, actor=actor
        )
        return Caller(http, headers)

    def kiosk(self, kiosk_id: str = KIOSK) -> Caller:
        return self.caller(kiosk_id=kiosk_id)

    def acting_for(
        self, citizen_id: str, assistance_id: str, kiosk_id: str = KIOSK, acts: tuple[AgreedAct, ...] = ANY_DOMICILE
    ) -> Caller:
        """A centre that acts for somebody who agreed to it, unless the test says otherwise to any of one type."""
        actor = Actor("per_operator", KIOSK_CLIENT, assistance_id, kiosk_id, "operator", acts)
        return self.caller(kiosk_id=kiosk_id, person=Person(citizen_id, "citizen"), actor=actor)

    def portal(self, client_id: str = "cli_portal") -> Caller:
        return self.caller(client_id=client_id)

    def officer(
        self,
        *districts: str,
        department: str = "revenue",
        person_id: str = OFFICER_ID,
        role: str = "officer",
        post: tuple[str | None, str | None] = ("Tehsildar", "तहसीलदार"),
        client_id: str = "cli_office",
    ) -> Caller:
        person = Person(person_id, role, department, frozenset(districts or ("102",)), *post)
        return self.caller(client_id=client_id, scopes=OFFICER_SCOPES, person=person)

    def sdo(self) -> Caller:
        """The officer who decides after the tehsildar."""
        return self.officer(person_id=SDO_ID, post=("Sub-Divisional Officer", "उपखण्ड अधिकारी"))

    def registrar(self, person_id: str = OFFICER_ID) -> Caller:
        """The officer who registers births and deaths."""
        post = ("Registrar (Births and Deaths)", "रजिस्ट्रार (जन्म-मृत्यु)")
        return self.officer(department="statistics", post=post, person_id=person_id)

    def certificate(self, certificate_id: str) -> dict[str, Any]:
        """A certificate as the kiosk reads it."""
        return json_of(self.kiosk().get(f"/v1/certificates/{certificate_id}"), 200)

    def born(self, **changed: Any) -> dict[str, Any]:
        """A birth certificate as the kiosk reads it."""
        application = self.awaiting_decision("birth", applicant=birth_form(**changed))
        decided = json_of(self.registrar().decide(application["application_id"]), 201)
        return self.certificate(decided["certificate_id"])

    def correction(self, record: dict[str, Any], *rows: dict[str, Any]) -> str:
        """The id of an application that corrects a birth certificate, paid for and with the registrar."""
        named = {"certificate_number": record["certificate_number"], "certificate_issued_on": record["issued_on"]}
        application = self.awaiting_decision("record-correction", applicant=correction_form(*rows, **named))
        return str(application["application_id"])

    def anybody(self) -> Caller:
        return Caller(self.http.application.test_client(), {})

    def gateway(self) -> Caller:
        return self.caller(client_id="gateway", scopes=["internal"])

    def application(self, application_id: str) -> dict[str, Any]:
        """The application as it is stored."""
        document = self.mongo.db["applications"].find_one({"_id": application_id})
        assert document is not None
        return document

    def history(self, application_id: str) -> list[dict[str, Any]]:
        return list(self.mongo.db["application_history"].find({"application_id": application_id}).sort("at", 1))

    def paid(self, application: dict[str, Any], **changed: Any) -> None:
        """Delivers the completed payment of the application's fee, as billing would announce it."""
        self.deliver(self.payment(application, **changed))

    def payment(self, application: dict[str, Any], paise: int | None = None, payment_id: str | None = None) -> NewEvent:
        amount = {"amount": application["fee"]["amount"] if paise is None else paise, "currency": "INR"}
        paid_by = payment_id or public_id("pay")
        at = datetime.now(UTC)
        return NewEvent(
            id=event_id(),
            type="payment.completed.v1",
            aggregate_type="payment",
            aggregate_id=paid_by,
            sequence=3,
            occurred_at=at,
            request_id="req_1",
            data={
                "payment_id": paid_by,
                "transaction_token": transaction_token(),
                "kiosk_id": KIOSK,
                "client_id": KIOSK_CLIENT,
                "channel": "AGT",
                "biller_id": "EMITRA-FEES",
                "category": "APPLICATION_FEE",
                "bill": amount,
                "service_charge": {"amount": 0, "currency": "INR"},
                "total": amount,
                "receipt_number": "R-2026-000000413",
                "application_id": application["application_id"],
                "district_code": "102",
                "completed_at": at.isoformat(),
            },
        )

    def deliver(self, *events: NewEvent) -> None:
        """Hands the events to the service's own message handling, together if there are several."""
        deliver(SERVICE, self.mongo, self.service, [json.loads(serialise(event, "billing")) for event in events])

    def awaiting_decision(self, application_type: str = "domicile", **applied: Any) -> dict[str, Any]:
        """An application whose fee is paid, as it was answered when it was submitted."""
        application = json_of(self.kiosk().apply(application_type, **applied), 201)
        if application["state"] == "FEE_DUE":
            self.paid(application)
        return application

    def issued(self) -> dict[str, Any]:
        """A certificate as the kiosk reads it."""
        application = self.awaiting_decision()
        decided = json_of(self.officer().decide(application["application_id"]), 201)
        return json_of(self.kiosk().get(f"/v1/certificates/{decided['certificate_id']}"), 200)
