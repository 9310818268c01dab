"""An officer who signs in, with an authenticator app in hand."""

import html
import json
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pyotp
from tests.support.signing_in import CHECK, App, Browser, any_mobile, query_of
from werkzeug.test import TestResponse

from identity.application.people.grant_right import GrantRight
from identity.application.people.record_person import RecordPerson
from identity.bootstrap import Identity
from identity.domain.people.rights import Right, Role
from servicekit.ids import public_id
from servicekit.instants import utc_now

PROVE = "/v1/oauth2/sign-in/factor"
ENROL = "/v1/oauth2/sign-in/factor-enrolment"
CODES = "/v1/oauth2/sign-in/recovery-codes"
END = "/v1/oauth2/sign-in/end"
STEP = timedelta(seconds=30)


_BOUND_TO: dict[Role, dict[str, Any]] = {
    Role.OPERATOR: {"kiosk_id": "ksk_RJ10200001"},
    Role.OFFICER: {"department": "revenue", "designation": "Tehsildar", "districts": frozenset({"102"})},
    Role.DISTRICT_ADMIN: {"districts": frozenset({"102"})},
}


def recorded(identity: Identity, role: Role = Role.OFFICER, mobile: str = "") -> str:
    """The mobile number of somebody new who may act in this role."""
    at, number = utc_now(), mobile or any_mobile()
    person_id = identity.record_person(RecordPerson(mobile=number, person_id=public_id("per"), at=at))
    if role is not Role.CITIZEN:
        # Also in force at an instant at which a test stands still.
        since = at - timedelta(days=1)
        right = Right(id=public_id("rgt"), role=role, begins_at=since, **_BOUND_TO.get(role, {}))
        grant = GrantRight(person_id=person_id, right=right, at=at, by="per_admin", because="Order 7")
        identity.grant_right(grant)
    return number


@dataclass
class Officer:
    """Somebody with a browser, a phone and an app, who signs in as `role`."""

    browser: Browser
    mobile: str
    app: App = field(default_factory=App)
    role: Role = Role.OFFICER
    secret: str = ""
    recovery_codes: list[str] = field(default_factory=list)

    def proves_phone(self) -> TestResponse:
        """The page of the second step."""
        self.browser.open(self.app.request(role=self.role))
        answer = self.browser.send(CHECK, code=self.browser.ask_code(self.mobile))
        assert answer.status_code == 200, answer.text
        return answer

    def enrols_app(self) -> TestResponse:
        """The page with the recovery codes."""
        page = self.proves_phone()
        self.secret = secret_on(page)
        shown = self.browser.send(ENROL, kind="totp", code=self.code(-1))
        assert shown.status_code == 200, shown.text
        self.recovery_codes = re.findall(r"<li><code>([A-Z2-7-]{19})</code>", shown.text)
        return shown

    def code(self, steps: int = 0, at: datetime | None = None) -> str:
        """What the app shows, so many steps from now. A step counts once, and one on either side of now counts."""
        return str(pyotp.TOTP(self.secret).at(at or utc_now(), counter_offset=steps))

    def proves(self, **form: str) -> TestResponse:
        """The second form."""
        return self.browser.send(PROVE, **{"kind": "totp", **form})


def past_second_step(browser: Browser, page: TestResponse) -> TestResponse:
    """The way back to the app; who is asked for a second factor on `page` enrols one first."""
    if page.status_code != 200:
        return page
    app = pyotp.TOTP(secret_on(page))
    shown = browser.send(ENROL, kind="totp", code=app.at(utc_now()))
    assert shown.status_code == 200, shown.text
    return browser.send(END)


def secret_on(page: TestResponse) -> str:
    """The new app's secret, as the page shows it."""
    secret: str = re.findall(r"<code>([A-Z2-7 ]{39})</code>", page.text)[0]
    return secret.replace(" ", "")


def options_on(page: TestResponse) -> dict[str, Any]:
    """What the page's script would give to the browser."""
    options: dict[str, Any] = json.loads(html.unescape(re.findall(r'data-options="([^"]+)"', page.text)[0]))
    return options


def code_of(answer: TestResponse) -> str:
    """The authorization code that goes back to the app."""
    assert answer.status_code == 303, answer.text
    return query_of(answer.location)["code"]
