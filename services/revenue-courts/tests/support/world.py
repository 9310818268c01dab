"""The service as its callers see it: real routes over a real MongoDB."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Self

from flask.testing import FlaskClient
from tests.support.builders import filing_body
from werkzeug.test import TestResponse

from revenue_courts.adapters.data.facts import read_calendar
from revenue_courts.bootstrap import RevenueCourts, bootstrap
from revenue_courts.domain.calendar import civil_date
from revenue_courts.entrypoints.service import SERVICE
from revenue_courts.settings import RevenueCourtsSettings
from servicekit.acts import AgreedAct
from servicekit.http import Actor, Person
from servicekit.instants import utc_now
from servicekit.mongo import Mongo
from servicekit.testing import internal_headers, settings_for

PREFIX = "/v1/revenue-courts"
KIOSK, KIOSK_CLIENT = "ksk_RJ10200001", "cli_0192f3a1c0de7a5ebc0f5d2c9a7b1e44"
CITIZEN_ID = "per_0192f3a1c0de7d33c7f25d2c9a7b1e47"
FILER_SCOPES = ("revenue-courts:file", "revenue-courts:read")
OFFICER_SCOPES = ("revenue-courts:act", "revenue-courts:read")


_CALENDAR = read_calendar()


@dataclass(frozen=True)
class Caller:
    """One client of the API."""

    http: FlaskClient
    headers: Mapping[str, str]

    def get(self, path: str, **conditions: str) -> TestResponse:
        return self.http.get(f"{PREFIX}{path}", headers={**self.headers, **conditions})

    def post(self, path: str, body: Any = None, key: str | None = None, **conditions: str) -> TestResponse:
        headers = {**self.headers, "Idempotency-Key": key or new_key(), **conditions}
        return self.http.post(f"{PREFIX}{path}", json=body, headers=headers)

    def begin(self, key: str | None = None, **members: Any) -> TestResponse:
        return self.post("/cases", filing_body(**members), key)

    def act(self, case: Mapping[str, Any], what: str, body: Any = None, **conditions: str) -> TestResponse:
        return self.post(f"/cases/{case['court_case_id']}/{what}", body, **conditions)


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
    assert answer.content_type == "application/problem+json", answer.get_data(as_text=True)
    return json_of(answer, status)


def places(refusal: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong where, by pointer; each is told in both languages."""
    assert all(error["detail_hi"] for error in refusal["errors"]), refusal
    return {error["pointer"]: error["code"] for error in refusal["errors"]}


def sitting_day(after: date | None = None) -> date:
    """The next day on which every court sits."""
    day = (after or civil_date(utc_now())) + timedelta(days=1)
    while _CALENDAR.closed(day):
        day += timedelta(days=1)
    return day


def sunday() -> date:
    """The next one."""
    today = civil_date(utc_now())
    return today + timedelta(days=7 - today.weekday() - 1 or 7)


def holiday() -> tuple[date, str]:
    """The next one on a day of the week on which courts sit, with its English name."""
    today, closed = civil_date(utc_now()), _CALENDAR.holidays
    return next(
        (day, closed[day].en) for day in sorted(closed) if day > today and day.weekday() not in _CALENDAR.weekly_off
    )


@dataclass
class World:
    """The service, and its callers."""

    mongo: Mongo
    settings: RevenueCourtsSettings
    service: RevenueCourts

    @classmethod
    def over(cls, mongo: Mongo) -> Self:
        settings = settings_for(RevenueCourtsSettings)
        SERVICE.prepare_database(mongo)
        return cls(mongo, settings, bootstrap(settings, mongo))

    @cached_property
    def http(self) -> FlaskClient:
        return SERVICE.flask_app(self.settings, self.mongo, self.service).test_client()

    def caller(
        self,
        scopes: Sequence[str] = FILER_SCOPES,
        client_id: str = KIOSK_CLIENT,
        kiosk_id: str | None = None,
        person: Person | None = None,
        actor: Actor | None = None,
    ) -> Caller:
        # A client of its own, so that callers may act at the same time.
        http = self.http.application.test_client()
        headers = internal_headers(
            "revenue-courts", client_id=client_id, kiosk_id=kiosk_id, scopes=scopes, person=person, actor=actor
        )
        return Caller(http, headers)

    def citizen(self, person_id: str = CITIZEN_ID) -> Caller:
        return self.caller(person=Person(person_id, "citizen"))

    def centre(self, kiosk_id: str = KIOSK) -> Caller:
        return self.caller(kiosk_id=kiosk_id)

    def acting_for(self, assistance_id: str, *acts: AgreedAct, citizen_id: str = CITIZEN_ID) -> Caller:
        """A centre that acts for somebody who agreed to it."""
        actor = Actor("per_operator", KIOSK_CLIENT, assistance_id, KIOSK, "operator", acts)
        return self.caller(kiosk_id=KIOSK, person=Person(citizen_id, "citizen"), actor=actor)

    def officer(self, post: str = "Tehsildar", district: str = "102", department: str = "revenue") -> Caller:
        officer_id = f"per_{post.lower().replace(' ', '')}{district}"
        person = Person(officer_id, "officer", department, frozenset({district}), post, "पद")
        return self.caller(OFFICER_SCOPES, client_id="cli_officer", person=person)

    def reader(self) -> Caller:
        return self.officer("Reader")

    def public(self, path: str) -> TestResponse:
        return self.http.get(f"{PREFIX}{path}")

    def submitted(self, **members: Any) -> dict[str, Any]:
        """A case that waits for scrutiny."""
        case = json_of(self.citizen().begin(**members), 201)
        return json_of(self.citizen().act(case, "submissions"), 201)

    def filed_by_sdo(self, **members: Any) -> dict[str, Any]:
        """A case with its number before the court above the tehsildar's."""
        given = {"court_code": "test-sdo-jaipur", **members}
        return json_of(self.reader().act(self.submitted(**given), "scrutinies", {"decision": "register"}), 201)

    def disposed(self, how: str = "dismissed", **members: Any) -> dict[str, Any]:
        """A case that has its judgment."""
        order = {"kind": "final", "text": "So ordered.", "disposal": how}
        return json_of(self.officer().act(self.registered(**members), "orders", order), 201)

    def registered(self, **members: Any) -> dict[str, Any]:
        """A case that has its number."""
        return json_of(self.reader().act(self.submitted(**members), "scrutinies", {"decision": "register"}), 201)

    def listed(self, **members: Any) -> dict[str, Any]:
        """A case with a hearing on the next sitting day."""
        case = self.registered(**members)
        body = {"on": sitting_day().isoformat(), "purpose": "appearance"}
        return json_of(self.reader().act(case, "hearings", body), 201)

    def events(self) -> list[dict[str, Any]]:
        """What waits in the outbox, as it will be published, in order."""
        return [json.loads(row["body"]) for row in self.mongo.db.outbox.find().sort("_id")]
