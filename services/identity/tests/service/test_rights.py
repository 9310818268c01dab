"""What people may act as: granted, ended, suspended; chosen where they sign in; carried by tokens, and no longer."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from flask.testing import FlaskClient
from tests.support.asking import ask, body_of
from tests.support.keys import BACK, ISSUER
from tests.support.second_steps import past_second_step
from tests.support.signing_in import CHECK, ROLE, SIGN_IN, App, Browser, any_mobile, query_of

from identity.application.people.change_right import EndRight, ReinstateRight, SuspendRight
from identity.application.people.errors import ChangedMeanwhile, RightRefused, UnknownPerson, UnknownRight
from identity.application.people.grant_right import GrantRight
from identity.application.people.record_person import RecordPerson
from identity.bootstrap import Identity
from identity.domain.people.definitions import InvalidDefinition
from identity.domain.people.rights import Right, Role
from servicekit.ids import public_id
from servicekit.instants import utc_now
from servicekit.mongo import Mongo

KIOSK = {"role": Role.OPERATOR, "kiosk_id": "ksk_RJ10200001"}
POST = {"role": Role.OFFICER, "department": "revenue", "designation": "Tehsildar", "districts": frozenset({"102"})}


def now() -> datetime:
    """As the database keeps it: in milliseconds."""
    at = utc_now()
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


WHY = {"by": "per_admin", "because": "Order 7"}


def claims_of(http: FlaskClient, token: str) -> dict[str, Any]:
    keys = jwt.PyJWKSet.from_dict(body_of(http.get("/.well-known/jwks.json")))
    kid = jwt.get_unverified_header(token)["kid"]
    claims: dict[str, Any] = jwt.decode(token, keys[kid], algorithms=["EdDSA"], audience="emitra", issuer=ISSUER)
    return claims


class Somebody:
    """A person with a mobile number, and what is done about their rights."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.mobile = any_mobile()
        self.id = identity.record_person(RecordPerson(mobile=self.mobile, person_id=public_id("per"), at=now()))

    def grant(self, **right: Any) -> Right:
        at = now()
        made = Right(**{"id": public_id("rgt"), "begins_at": at, **right})
        return self.identity.grant_right(GrantRight(person_id=self.id, right=made, at=at, **WHY))

    def end(self, right: Right, ends_at: datetime | None = None) -> Right:
        return self.identity.change_right(
            EndRight(person_id=self.id, right_id=right.id, at=now(), ends_at=ends_at, **WHY)
        )

    def suspend(self, right: Right) -> Right:
        return self.identity.change_right(SuspendRight(person_id=self.id, right_id=right.id, at=now(), **WHY))

    def reinstate(self, right: Right) -> Right:
        return self.identity.change_right(ReinstateRight(person_id=self.id, right_id=right.id, at=now(), **WHY))

    def rights(self) -> tuple[Right, ...]:
        person = self.identity.people.get(self.id)
        assert person is not None
        return person.rights


@pytest.fixture
def somebody(identity: Identity, sandbox: dict[str, Any]) -> Somebody:
    return Somebody(identity)


def test_what_is_granted_is_kept_as_it_is_with_its_history(somebody: Somebody) -> None:
    granted = somebody.grant(
        **POST, office="tehsil-amber", designation_hi="तहसीलदार", ends_at=datetime(2030, 1, 1, tzinfo=UTC)
    )
    suspended = somebody.suspend(granted)
    assert somebody.rights() == (suspended,)
    assert [(line.change, line.by, line.because) for line in suspended.changes] == [
        ("GRANTED", "per_admin", "Order 7"),
        ("SUSPENDED", "per_admin", "Order 7"),
    ]
    assert somebody.identity.people.of_kiosk("ksk_RJ19999999") == []


def test_who_works_at_a_centre_is_found_by_it(somebody: Somebody) -> None:
    kiosk_id = "ksk_RJ10277777"
    somebody.end(somebody.grant(role=Role.STAFF, kiosk_id=kiosk_id))
    assert [person.id for person in somebody.identity.people.of_kiosk(kiosk_id)] == [somebody.id]


def test_a_repeat_changes_nothing(somebody: Somebody) -> None:
    granted = somebody.grant(**KIOSK)
    again = somebody.grant(**KIOSK, id=granted.id)
    assert again == granted
    assert somebody.suspend(granted) == somebody.suspend(granted)
    assert somebody.reinstate(granted) == somebody.reinstate(granted)
    assert somebody.end(granted) == somebody.end(granted)
    assert len(somebody.rights()[0].changes) == 4


def test_what_cannot_be_is_refused_and_leaves_all_as_it_was(somebody: Somebody) -> None:
    granted = somebody.grant(**KIOSK)
    refused: list[tuple[type[Exception], Any]] = [
        (RightRefused, lambda: somebody.grant(**KIOSK)),
        (RightRefused, lambda: somebody.grant(**POST, id=granted.id)),
        (UnknownRight, lambda: somebody.end(Right(id="rgt_none", role=Role.AUDITOR, begins_at=now()))),
        (InvalidDefinition, lambda: somebody.identity.change_right(
            SuspendRight(person_id=somebody.id, right_id=granted.id, by="Ram", because="", at=now()))),
        (UnknownPerson, lambda: somebody.identity.change_right(
            SuspendRight(person_id="per_none", right_id=granted.id, at=now(), **WHY))),
    ]  # fmt: skip
    for error, act in refused:
        with pytest.raises(error):
            act()
    assert somebody.rights() == (granted,)
    ended = somebody.end(granted)
    for act in (somebody.suspend, somebody.reinstate):
        with pytest.raises(RightRefused, match="has ended"):
            act(granted)
    assert somebody.rights() == (ended,)
    # After the old one ended the same may be granted anew.
    assert somebody.grant(**KIOSK).id != granted.id


def test_many_changes_at_once_are_all_kept_or_refused_whole(somebody: Somebody) -> None:
    def grant(number: int) -> bool:
        try:
            somebody.grant(role=Role.STAFF, kiosk_id=f"ksk_RJ1020{number:04}")
        except ChangedMeanwhile:  # refused as a whole: it is not kept below
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        kept = sum(pool.map(grant, range(8)))
    assert len(somebody.rights()) == kept >= 1
    person = somebody.identity.people.get(somebody.id)
    assert person is not None
    assert person.version == kept


def test_who_was_recorded_by_an_earlier_release_can_be_granted_a_right(somebody: Somebody, shared_mongo: Mongo) -> None:
    shared_mongo.db.people.replace_one(
        {"_id": somebody.id}, {"role": "citizen", "name": None, "name_hi": None, "created_at": now()}
    )
    granted = somebody.grant(**KIOSK)
    assert somebody.rights() == (granted,)


def signed_in(browser: Browser, somebody: Somebody, choose: str | None = None, **asked: str | None) -> dict[str, Any]:
    """Tokens of somebody who writes number and code and, where the page asks, chooses."""
    app = App()
    browser.open(app.request(**asked))
    answer = browser.send(CHECK, code=browser.ask_code(somebody.mobile))
    if choose is not None:
        assert (answer.status_code, answer.mimetype) == (200, "text/html")
        answer = browser.send(ROLE, right=choose)
    answer = past_second_step(browser, answer)
    assert answer.status_code == 303, answer.text
    tokens = body_of(ask(browser.http, app.redemption(query_of(answer.location)["code"])))
    return {**tokens, "app": app, "claims": claims_of(browser.http, tokens["access_token"])}


def choices_on(page: str) -> list[str]:
    return re.findall(r'name="right" value="([^"]+)"', page)


def test_who_has_no_right_is_a_citizen_without_being_asked(browser: Browser, somebody: Somebody) -> None:
    somebody.suspend(somebody.grant(**KIOSK))
    assert signed_in(browser, somebody)["claims"]["person"] == {"id": somebody.id, "role": "citizen"}


def test_who_has_rights_chooses_and_the_token_carries_the_one_alone(browser: Browser, somebody: Somebody) -> None:
    operator, officer = somebody.grant(**KIOSK), somebody.grant(**POST)
    app = App()
    browser.open(app.request())
    page = browser.send(CHECK, code=browser.ask_code(somebody.mobile))
    assert choices_on(page.text) == [operator.id, officer.id, "citizen"]
    assert "केंद्र संचालक" in page.text
    assert "Centre operator" in page.text
    assert "<script" not in page.text
    assert len(page.data) < 30_000
    # The form again, as a double click sends it.
    assert choices_on(browser.send(CHECK, code="000000").text) == choices_on(page.text)

    chosen = signed_in(browser, somebody, operator.id)["claims"]
    assert (chosen["kiosk_id"], chosen["person"]) == ("ksk_RJ10200001", {"id": somebody.id, "role": "operator"})
    chosen = signed_in(browser, somebody, officer.id)["claims"]
    assert chosen["person"]["districts"] == ["102"]
    assert "kiosk_id" not in chosen
    chosen = signed_in(browser, somebody, "citizen")["claims"]
    assert chosen["person"] == {"id": somebody.id, "role": "citizen"}
    assert "kiosk_id" not in chosen


def test_an_app_for_one_role_asks_for_it_and_nobody_has_to_choose(browser: Browser, somebody: Somebody) -> None:
    somebody.grant(**KIOSK)
    assert signed_in(browser, somebody, role="operator")["claims"]["person"]["role"] == "operator"
    assert signed_in(browser, somebody, role="citizen")["claims"]["person"]["role"] == "citizen"


def test_who_may_not_act_as_the_app_asks_goes_back_with_access_denied(browser: Browser, somebody: Somebody) -> None:
    app = App()
    for mobile in (somebody.mobile, any_mobile()):
        browser.open(app.request(role="operator"))
        back = browser.send(CHECK, code=browser.ask_code(mobile))
        assert back.location.startswith(BACK)
        assert query_of(back.location)["error"] == "access_denied"


@pytest.mark.parametrize("role", ["admin", "machine", "OPERATOR", "operator staff"])
def test_a_role_that_there_is_not_is_the_apps_mistake(browser: Browser, role: str) -> None:
    said = query_of(browser.open(App().request(role=role)).location)
    assert said["error"] == "invalid_request"


def test_nobody_chooses_what_is_not_theirs_or_ended_meanwhile(
    browser: Browser, somebody: Somebody, identity: Identity
) -> None:
    mine, others = somebody.grant(**KIOSK), Somebody(identity).grant(**POST)
    app = App()
    browser.open(app.request())
    browser.send(CHECK, code=browser.ask_code(somebody.mobile))
    for right in (others.id, "state_admin", "", "operator"):
        answer = browser.send(ROLE, right=right)
        assert (answer.status_code, choices_on(answer.text)) == (422, [mine.id, "citizen"])
        assert "यह नहीं चुना जा सकता" in answer.text
    somebody.end(mine)
    answer = browser.send(ROLE, right=mine.id)
    assert (answer.status_code, choices_on(answer.text)) == (422, ["citizen"])
    assert browser.send(ROLE, right="citizen").status_code == 303


def test_nobody_chooses_before_the_code_was_right_or_from_another_browser(
    browser: Browser, somebody: Somebody, client: FlaskClient
) -> None:
    mine = somebody.grant(**KIOSK)
    browser.open(App().request())
    assert browser.send(ROLE, right="citizen").status_code == 409
    code = browser.ask_code(somebody.mobile)
    assert browser.send(ROLE, right=mine.id).status_code == 409
    browser.send(CHECK, code=code)
    thief = Browser(client.application, browser.phone)
    thief.open(App().request())
    stolen = thief.send(ROLE, right=mine.id, csrf_token=browser.ticket)
    assert stolen.status_code == 409
    # Another number in the same sign-in would be chosen for by who had the first.
    assert browser.send(SIGN_IN, mobile=any_mobile()).status_code == 409
    assert browser.send(ROLE, right=mine.id).status_code == 303
    assert browser.send(ROLE, right=mine.id).status_code == 409


def renew(browser: Browser, tokens: dict[str, Any]) -> Any:
    return ask(browser.http, tokens["app"].renewal(tokens["refresh_token"]))


def introspect(browser: Browser, tokens: dict[str, Any], kind: str) -> bool:
    answer = browser.http.post(
        "/v1/oauth2/introspect", data={"client_id": tokens["app"].client_id, "token": tokens[kind]}
    )
    return bool(body_of(answer)["active"])


def test_a_suspended_right_renews_nothing_until_it_is_reinstated(browser: Browser, somebody: Somebody) -> None:
    right = somebody.grant(**KIOSK)
    tokens = signed_in(browser, somebody, right.id)
    somebody.suspend(right)
    refused = renew(browser, tokens)
    assert (refused.status_code, body_of(refused)["error"]) == (400, "invalid_grant")
    assert not introspect(browser, tokens, "access_token")
    assert not introspect(browser, tokens, "refresh_token")
    somebody.reinstate(right)
    assert introspect(browser, tokens, "access_token")
    renewed = renew(browser, tokens)
    assert claims_of(browser.http, body_of(renewed)["access_token"])["kiosk_id"] == "ksk_RJ10200001"


def test_after_a_right_ended_nothing_is_renewed_and_nobody_falls_back(browser: Browser, somebody: Somebody) -> None:
    right = somebody.grant(**KIOSK)
    tokens = signed_in(browser, somebody, right.id)
    somebody.end(right)
    assert body_of(renew(browser, tokens))["error"] == "invalid_grant"
    assert signed_in(browser, somebody)["claims"]["person"]["role"] == "citizen"


def test_a_code_counts_for_nothing_when_the_right_ended_meanwhile(browser: Browser, somebody: Somebody) -> None:
    right = somebody.grant(**KIOSK)
    app = App()
    browser.open(app.request(role="operator"))
    code = query_of(browser.send(CHECK, code=browser.ask_code(somebody.mobile)).location)["code"]
    somebody.end(right)
    assert body_of(ask(browser.http, app.redemption(code)))["error"] == "invalid_grant"


def test_the_end_of_a_right_bounds_what_is_issued_before_it(browser: Browser, somebody: Somebody) -> None:
    right = somebody.grant(**KIOSK)
    somebody.end(right, now() + timedelta(seconds=200))
    tokens = signed_in(browser, somebody, right.id)
    assert 100 < tokens["expires_in"] <= 200
    assert tokens["claims"]["exp"] - tokens["claims"]["iat"] == tokens["expires_in"]


def test_a_used_refresh_token_ends_the_sign_in_even_while_the_right_is_suspended(
    browser: Browser, somebody: Somebody
) -> None:
    right = somebody.grant(**KIOSK)
    tokens = signed_in(browser, somebody, right.id)
    renewed = body_of(renew(browser, tokens))
    somebody.suspend(right)
    assert body_of(renew(browser, tokens))["error"] == "invalid_grant"
    somebody.reinstate(right)
    assert body_of(ask(browser.http, tokens["app"].renewal(renewed["refresh_token"])))["error"] == "invalid_grant"


def test_the_sandboxs_people_sign_in_as_what_they_are(browser: Browser, sandbox: dict[str, Any]) -> None:
    for mobile, role in (
        ("9000000101", "operator"),
        ("9000000103", "staff"),
        ("9000000104", "lsp"),
        ("9000000111", "officer"),
        ("9000000121", "district_admin"),
        ("9000000131", "state_admin"),
        ("9000000141", "auditor"),
    ):
        app = App()
        browser.open(app.request(role=role))
        answer = past_second_step(browser, browser.send(CHECK, code=browser.ask_code(mobile)))
        tokens = body_of(ask(browser.http, app.redemption(query_of(answer.location)["code"])))
        assert claims_of(browser.http, tokens["access_token"])["person"]["role"] == role
