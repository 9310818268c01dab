"""What tests of cases against centres are built with."""

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from flask.testing import FlaskClient
from tests.support.openings import APPLICANT, DISTRICT, LSP, STATE, Applying

from kiosk_registry.adapters.data.discipline_file import read_discipline
from kiosk_registry.domain.discipline.acts import open_case
from kiosk_registry.domain.discipline.case import Case, Decision, Evidence, Outcome, Source, Standing
from kiosk_registry.domain.register.centres import Status
from kiosk_registry.domain.running.centre import Actor, Office
from servicekit.http import Person
from servicekit.testing import internal_headers

KIOSK = "ksk_RJ10260001"
OPERATOR = Person(APPLICANT.id, "operator")
SECOND = replace(DISTRICT, id="per_second_of_the_district")
OTHER_STATE = replace(STATE, id="per_second_of_the_state")
PEOPLE = {"operator": OPERATOR, "district": DISTRICT, "second": SECOND, "state": STATE, "lsp": LSP}
SEEN = {"text": "No rate list is displayed.", "photographs": ["4" * 64], "position": {"lat": 26.9182, "lon": 75.8083}}
OPENED = {"kiosk_id": KIOSK, "offence": "rate-list-not-displayed", "observed_on": "2026-11-20", "evidence": SEEN}
NOTICE = {"act": "give_notice", "remarks": "Say why."}
REPLY = {"act": "reply", "remarks": "दर सूची लगी हुई है।", "evidence": {"text": "It hangs there now."}}
FINE = {"act": "decide", "outcome": "punished", "slab": "rate-list-2021", "remarks": "It hung nowhere."}
SUSPEND = {"act": "suspend_at_once", "remarks": "People are cheated at this hour."}
ACCEPT = {"act": "accept"}

BOOK = read_discipline()
AT = datetime(2026, 11, 28, 5, tzinfo=UTC)
BY = {office: Actor(f"per_{office.value}", office) for office in Office}
STANDS = Standing(kiosk_id=KIOSK, status=Status.ACTIVE, version=1)


def a_case(standing: Standing = STANDS, opened_by: Actor = BY[Office.DISTRICT], **changes: Any) -> Case:
    """A case that was just opened."""
    evidence = Evidence(at=AT, by=opened_by, text="Seen.", photographs=(), place=None, facts={})
    change = open_case(
        case_id="ccs_1",
        standing=standing,
        district_code="102",
        lsp_id="lsp_sandbox_1",
        offence="overcharging",
        source=Source.OFFICER,
        source_id=None,
        observed_on=date(2026, 11, 20),
        evidence=evidence,
    )
    return replace(change.case, **changes)


def a_decision(outcome: Outcome, by: Actor, at: datetime = AT, **figures: Any) -> Decision:
    """A decision without a slab's figures, unless they are given."""
    return Decision(outcome=outcome, by=by, at=at, remarks="So it is.", times=1, **figures)


@dataclass
class Disciplined:
    """A centre that was just opened, and whoever acts in cases against it, over HTTP."""

    applying: Applying

    @property
    def client(self) -> FlaskClient:
        return self.applying.client

    def headers(self, person: Person, **extra: str) -> dict[str, str]:
        kiosk_id = KIOSK if person.role == "operator" and person.id == OPERATOR.id else None
        scopes = ["kiosks:change", "kiosks:read"]
        headers = internal_headers(
            "kiosk-registry", client_id="cli_app", kiosk_id=kiosk_id, scopes=scopes, person=person
        )
        return {**headers, "Idempotency-Key": secrets.token_hex(16), **extra}

    def posts(self, person: Person, path: str, body: dict[str, Any], status: int = 201, **extra: str) -> dict[str, Any]:
        headers = self.headers(person, **{name.replace("_", "-"): value for name, value in extra.items()})
        response = self.client.post(path, json=body, headers=headers)
        assert response.status_code == status, response.text
        return dict(response.json or {})

    def opens(self, person: Person = DISTRICT, **changes: Any) -> str:
        """The id of a new case."""
        return str(self.posts(person, "/v1/centre-cases", {**OPENED, **changes})["case_id"])

    def moves(
        self, person: Person, case_id: str, body: dict[str, Any], status: int = 201, **extra: str
    ) -> dict[str, Any]:
        return self.posts(person, f"/v1/centre-cases/{case_id}/moves", body, status, **extra)

    def heard(self, **changes: Any) -> str:
        """The id of a case in which the centre was given notice and has replied."""
        case_id = self.opens(**changes)
        self.moves(DISTRICT, case_id, NOTICE)
        self.moves(OPERATOR, case_id, REPLY)
        return case_id

    def gets(self, person: Person, path: str, status: int = 200, **query: Any) -> dict[str, Any]:
        response = self.client.get(path, query_string=query, headers=self.headers(person))
        assert response.status_code == status, response.text
        return dict(response.json or {})

    def reads(self, person: Person, case_id: str, status: int = 200) -> dict[str, Any]:
        return self.gets(person, f"/v1/centre-cases/{case_id}", status)

    @property
    def status(self) -> str:
        """How the centre stands."""
        return str(self.gets(DISTRICT, f"/v1/kiosks/{KIOSK}")["status"])
