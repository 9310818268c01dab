"""The gateway's own operation in each role, by tokens as identity makes them: as its document says."""

from dataclasses import asdict

from tests.support.foreign_services import Reply
from tests.support.stage import Stage

from gateway.entrypoints.service import SERVICE
from servicekit.access import COUNTER, Role
from servicekit.testing.roles import KIOSK_ID, PEOPLE, misjudged


def test_each_operation_lets_in_the_roles_that_it_names_and_nobody_else(viewing: Stage) -> None:
    def headers_of(_: str, role: Role, *scopes: str) -> dict[str, str] | None:
        if role is Role.SERVICE:
            return None  # never from outside
        person = asdict(PEOPLE[role]) if role in PEOPLE else None
        if person:
            person["districts"] = sorted(person["districts"])
        token = viewing.identity.token(*scopes, kiosk_id=KIOSK_ID if role in COUNTER else None, person=person)
        return {"Authorization": f"Bearer {token}"}

    viewing.billing.reply = lambda _: Reply(404)
    assert misjudged(SERVICE, viewing.app.test_client(), headers_of) == []
