"""Who may act for a centre follows what the register says of it, by its events."""

import secrets
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from tests.support.asking import ask, assert_oauth_problem, basic, body_of
from tests.support.signing_in import CHECK, App, Browser, Phone, any_mobile, claims_of, query_of

from emitra_contracts import examples, validate_produced
from identity.application.assistance.send_notices import SendNotices
from identity.application.clients.create_client import CreateClient
from identity.application.clients.revoke_client import RevokeClient
from identity.application.people.change_right import SuspendRight
from identity.application.people.grant_right import GrantRight
from identity.application.people.record_person import RecordPerson
from identity.application.vault.store_identifier import StoreIdentifier
from identity.bootstrap import Identity
from identity.domain.clients.client import ClientKind
from identity.domain.clients.client_secrets import new_secret
from identity.domain.people.rights import Right, Role
from identity.domain.vault.identifiers import Kind
from identity.domain.vault.records import Actor
from identity.entrypoints.service import SERVICE
from servicekit.ids import event_id, public_id
from servicekit.instants import rfc3339, utc_now
from servicekit.mongo import Mongo
from servicekit.testing import deliver, published


def any_kiosk() -> str:
    return f"ksk_RJ103{secrets.randbelow(100_000):05}"


class Register:
    """The register of centres, as far as it is heard of: one centre and the events about it."""

    def __init__(self, identity: Identity, mongo: Mongo) -> None:
        self.identity, self.mongo = identity, mongo
        self.kiosk_id = any_kiosk()

    def tell(self, what: str, sequence: int, **data: Any) -> dict[str, Any]:
        """Have identity handle `kiosk.<what>.v1`."""
        envelope = self.says(what, sequence, **data)
        deliver(SERVICE, self.mongo, self.identity, [envelope])
        return envelope

    def says(self, what: str, sequence: int, **data: Any) -> dict[str, Any]:
        envelope = examples(f"kiosk.{what}.v1")[0]
        members = {name: rfc3339(utc_now()) for name in envelope["data"] if name.endswith("ed_at")}
        return {
            **envelope,
            "id": event_id(),
            "subject": self.kiosk_id,
            "sequence": str(sequence),
            "data": {**envelope["data"], **members, "kiosk_id": self.kiosk_id, **data},
        }

    def approve(self, operator: str | None = None) -> dict[str, Any]:
        return self.tell("approved", 1, operator_person_id=operator)

    def suspend(self, sequence: int = 2, until: str | None = None, **data: Any) -> dict[str, Any]:
        return self.tell("suspended", sequence, suspended_until=until, **data)

    def told(self, *kinds: str) -> list[dict[str, Any]]:
        """What identity told since, of these kinds, about this centre's own."""
        return [e for e in published(self.mongo) if e["type"].removeprefix("org.emitra.").rpartition(".v")[0] in kinds]


class Operator:
    """Somebody with a mobile number."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.mobile = any_mobile()
        self.id = identity.record_person(RecordPerson(mobile=self.mobile, person_id=public_id("per"), at=utc_now()))

    def rights(self) -> tuple[Right, ...]:
        person = self.identity.people.get(self.id)
        assert person is not None
        return person.rights

    def grant(self, **right: Any) -> Right:
        at = utc_now()
        made = Right(id=public_id("rgt"), begins_at=at, **right)
        return self.identity.grant_right(
            GrantRight(person_id=self.id, right=made, by="command-line", because="a test", at=at)
        )


def send_all(identity: Identity) -> None:
    """Until nothing is due; other tests' notices too."""
    while identity.assistance.send_notices(SendNotices(at=utc_now())):
        pass


@pytest.fixture
def register(identity: Identity, shared_mongo: Mongo) -> Register:
    return Register(identity, shared_mongo)


@pytest.fixture
def operator(identity: Identity, sandbox: dict[str, Any]) -> Operator:
    return Operator(identity)


@pytest.fixture
def software(identity: Identity, register: Register) -> tuple[str, str]:
    """A client of the centre's with a secret, made by hand."""
    client_id, secret = public_id("cli"), new_secret("sandbox")
    identity.create_client(
        CreateClient(
            client_id=client_id,
            client_secret=secret,
            name="Counter 2",
            kind=ClientKind.KIOSK,
            scopes=["payments:read"],
            kiosk_id=register.kiosk_id,
            officer=None,
            redirect_uris=[],
            public_keys=[],
            at=utc_now(),
        )
    )
    return client_id, secret


def token_of(http: FlaskClient, software: tuple[str, str]) -> Any:
    return ask(http, {"grant_type": "client_credentials"}, basic(*software))


def counts(http: FlaskClient, software: tuple[str, str], token: str) -> Any:
    answer = http.post("/v1/oauth2/introspect", data={"token": token}, headers=basic(*software))
    return body_of(answer)["active"]


def as_operator(browser: Browser, operator: Operator) -> dict[str, Any]:
    return App().tokens(browser, operator.mobile, role="operator")


def refused_as_operator(browser: Browser, operator: Operator) -> str:
    """The error that goes back to the app with somebody who may not act as an operator."""
    browser.open(App().request(role="operator"))
    answer = browser.send(CHECK, code=browser.ask_code(operator.mobile))
    return query_of(answer.location)["error"]


# ---- approved


def test_an_approved_centre_gets_a_waiting_client_and_its_operator_the_right(
    register: Register, operator: Operator, identity: Identity
) -> None:
    approval = register.approve(operator.id)
    client = identity.clients.get(f"cli_{register.kiosk_id}")
    assert client is not None
    assert (client.is_waiting, client.kiosk_id, "payments:write" in client.scopes) == (True, register.kiosk_id, True)
    (right,) = operator.rights()
    assert (right.role, right.kiosk_id, right.is_in_force(utc_now())) == (Role.OPERATOR, register.kiosk_id, True)
    assert [(line.by, line.because) for line in right.changes] == [(approval["id"], "kiosk.approved")]
    told = [e for e in register.told("operator.created", "right.changed") if e["data"]["kiosk_id"] == register.kiosk_id]
    assert {e["type"]: e["subject"] for e in told} == {
        "org.emitra.right.changed.v1": right.id,
        "org.emitra.operator.created.v1": operator.id,
    }
    for envelope in told:
        validate_produced(envelope)
        assert (envelope["causationid"], envelope["correlationid"]) == (approval["id"], approval["correlationid"])


def test_an_operator_is_told_of_the_approval_once_at_the_number_that_the_register_has_for_them(
    register: Register, operator: Operator, identity: Identity, phone: Phone
) -> None:
    stored = identity.vault.store(
        StoreIdentifier(
            kind=Kind.MOBILE,
            typed=operator.mobile,
            reference=public_id("vlt"),
            actor=Actor(client_id="cli_register"),
            at=utc_now(),
        )
    )
    for _ in range(2):
        register.tell("approved", 1, operator_person_id=operator.id, operator_notice_ref=stored.reference)
    send_all(identity)
    (told,) = [notice for notice in phone.notices() if notice["mobile"] == operator.mobile]
    number = register.kiosk_id.removeprefix("ksk_")
    assert f"आपका केंद्र {number} स्वीकृत" in told["text"]
    assert f"your centre {number} is approved" in told["text"]
    send_all(identity)
    assert len([notice for notice in phone.notices() if notice["mobile"] == operator.mobile]) == 1


def test_a_reference_that_stands_for_nothing_holds_no_approval_and_no_other_notice_up(
    register: Register, operator: Operator, identity: Identity, shared_mongo: Mongo
) -> None:
    register.tell("approved", 1, operator_person_id=operator.id, operator_notice_ref="vlt_nothing")
    assert [right.kiosk_id for right in operator.rights()] == [register.kiosk_id]
    send_all(identity)
    (invitation,) = shared_mongo.db["notices"].find({"invitation.kiosk_id": register.kiosk_id})
    assert invitation["state"] == "sent"


def test_an_approval_that_comes_again_as_another_message_makes_nothing_twice(
    register: Register, operator: Operator, identity: Identity
) -> None:
    register.approve(operator.id)
    before = len(register.told("operator.created", "right.changed"))
    register.approve(operator.id)
    assert len(operator.rights()) == 1
    assert len(register.told("operator.created", "right.changed")) == before
    assert [client.id for client in identity.centre_clients.of_kiosk(register.kiosk_id)] == [f"cli_{register.kiosk_id}"]


def test_without_an_operator_or_with_one_nobody_knows_the_client_waits_all_the_same(
    register: Register, identity: Identity, shared_mongo: Mongo
) -> None:
    register.approve(None)
    other = Register(identity, shared_mongo)
    other.approve("per_nobody")
    for each in (register, other):
        assert identity.clients.get(f"cli_{each.kiosk_id}") is not None
        assert identity.people.of_kiosk(each.kiosk_id) == []


def test_a_second_centre_of_an_operator_is_told_as_their_second(
    register: Register, operator: Operator, identity: Identity, shared_mongo: Mongo
) -> None:
    register.approve(operator.id)
    Register(identity, shared_mongo).approve(operator.id)
    told = [e for e in register.told("operator.created") if e["subject"] == operator.id]
    assert [e["sequence"] for e in told] == ["1", "2"]


def test_nothing_proves_that_anybody_is_a_waiting_client(client: FlaskClient, register: Register) -> None:
    register.approve()
    for guess in ("no client has this secret", "", "0" * 64, "emitra_test_"):
        answer = ask(client, {"grant_type": "client_credentials"}, basic(f"cli_{register.kiosk_id}", guess))
        assert_oauth_problem(answer, 401, "invalid_client")


# ---- suspended, reinstated, closed


def test_a_suspended_centres_software_gets_no_token_and_is_told_why_until_it_is_reinstated(
    client: FlaskClient, register: Register, software: tuple[str, str]
) -> None:
    token = body_of(token_of(client, software))["access_token"]
    until = rfc3339(utc_now() + timedelta(days=15))
    register.suspend(until=until, reason="overcharging")
    problem = assert_oauth_problem(token_of(client, software), 400, "unauthorized_client")
    assert (problem["code"], problem["title_hi"]) == ("centre-not-open", "केंद्र निलंबित या बंद है")
    assert until in problem["detail"]
    assert "overcharging" in problem["detail"]
    assert counts(client, software, token) is False
    register.tell("reinstated", 3)
    assert token_of(client, software).status_code == 200
    assert counts(client, software, token) is True


def test_a_wrong_secret_learns_nothing_of_a_suspension(
    client: FlaskClient, register: Register, software: tuple[str, str]
) -> None:
    register.suspend()
    assert_oauth_problem(token_of(client, (software[0], "guess")), 401, "invalid_client")


def test_a_suspension_ends_by_itself(client: FlaskClient, register: Register, software: tuple[str, str]) -> None:
    register.suspend(until=rfc3339(utc_now() - timedelta(seconds=1)))
    assert token_of(client, software).status_code == 200


def test_who_works_at_a_suspended_centre_can_neither_renew_nor_sign_in_as_that(
    browser: Browser, register: Register, operator: Operator
) -> None:
    register.approve(operator.id)
    given = as_operator(browser, operator)
    register.suspend()
    renewal = App().renewal(given["refresh_token"])
    assert_oauth_problem(ask(browser.http, renewal), 400, "invalid_grant")
    assert [right.is_in_force(utc_now()) for right in operator.rights()] == [True]  # the right itself is untouched
    assert refused_as_operator(browser, operator) == "access_denied"
    register.tell("reinstated", 3)
    assert ask(browser.http, renewal).status_code == 200


def test_a_right_that_was_suspended_for_itself_stays_so_when_the_centre_is_reinstated(
    register: Register, operator: Operator, identity: Identity
) -> None:
    register.approve(operator.id)
    (right,) = operator.rights()
    identity.change_right(
        SuspendRight(person_id=operator.id, right_id=right.id, by="command-line", because="Order 9", at=utc_now())
    )
    register.suspend()
    register.tell("reinstated", 3)
    assert [right.is_in_force(utc_now()) for right in operator.rights()] == [False]


def test_a_suspension_before_the_approval_holds_for_what_the_approval_makes(
    browser: Browser, register: Register, operator: Operator
) -> None:
    register.suspend(2)
    register.approve(operator.id)
    assert refused_as_operator(browser, operator) == "access_denied"
    register.tell("reinstated", 3)
    assert as_operator(browser, operator)["access_token"]


def test_a_suspension_that_comes_after_its_reinstatement_changes_nothing(
    client: FlaskClient, register: Register, software: tuple[str, str]
) -> None:
    register.tell("reinstated", 3)
    register.suspend(2)
    assert token_of(client, software).status_code == 200


def test_a_closed_centres_clients_are_revoked_and_its_rights_ended_for_good(
    client: FlaskClient, register: Register, software: tuple[str, str], operator: Operator
) -> None:
    register.approve(operator.id)
    elsewhere = operator.grant(role=Role.STAFF, kiosk_id=any_kiosk())
    closing = register.tell("closed", 4)
    assert_oauth_problem(token_of(client, software), 401, "invalid_client")
    ended, kept = operator.rights()
    assert (ended.ended_because, ended.changes[-1].by) == ("kiosk.closed", closing["id"])
    assert (kept.id, kept.is_in_force(utc_now())) == (elsewhere.id, True)
    revoked = [e for e in register.told("client.revoked") if e.get("causationid") == closing["id"]]
    assert {e["subject"] for e in revoked} == {software[0], f"cli_{register.kiosk_id}"}
    (right_told,) = [e for e in register.told("right.changed") if e.get("causationid") == closing["id"]]
    assert (right_told["subject"], right_told["data"]["state"], right_told["sequence"]) == (ended.id, "ended", "2")
    for envelope in (*revoked, right_told):
        validate_produced(envelope)
    # Nothing that comes late brings it back.
    register.tell("reinstated", 3)
    register.approve(operator.id)
    assert_oauth_problem(token_of(client, software), 401, "invalid_client")
    assert len(operator.rights()) == 2


def test_what_identity_tells_has_no_name_and_no_number(register: Register, operator: Operator) -> None:
    register.approve(operator.id)
    register.tell("closed", 4)
    told = str(published(register.mongo))
    assert operator.id in told
    # With the mask's X before them: four digits alone stand in an id or a time by chance.
    assert operator.mobile not in told
    assert f"X{operator.mobile[-4:]}" not in told


def test_an_event_whose_handling_dies_is_handled_whole_when_it_comes_again(
    register: Register, operator: Operator, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """Stands for SIGKILL."""

    def die(*_: Any) -> None:
        raise Killed

    envelope = register.says("approved", 1, operator_person_id=operator.id)
    before = len(published(register.mongo))
    with monkeypatch.context() as patched:
        patched.setattr("identity.adapters.told_changes.right_events", die)
        with pytest.raises(Killed):
            deliver(SERVICE, register.mongo, identity, [envelope])
    assert (identity.clients.get(f"cli_{register.kiosk_id}"), operator.rights()) == (None, ())
    assert len(published(register.mongo)) == before
    deliver(SERVICE, register.mongo, identity, [envelope])
    assert len(operator.rights()) == 1


# ---- ended by hand


def test_a_revoked_client_is_told_once(register: Register, software: tuple[str, str], identity: Identity) -> None:
    for _ in range(2):
        identity.revoke_client(RevokeClient(software[0], utc_now()))
    (told,) = [e for e in register.told("client.revoked") if e["subject"] == software[0]]
    validate_produced(told)
    assert told["sequence"] == "1"


def test_an_access_token_ended_alone_is_told_once_and_ends_nothing_else(browser: Browser, register: Register) -> None:
    app = App()
    given = app.tokens(browser)
    token_id = claims_of(browser.http, given["access_token"], "emitra")["jti"]
    for _ in range(2):
        form = {"token": given["access_token"], "client_id": app.client_id}
        assert browser.http.post("/v1/oauth2/revoke", data=form).status_code == 200
    (told,) = [e for e in register.told("token.revoked") if e["subject"] == token_id]
    validate_produced(told)
    assert told["data"]["client_id"] == app.client_id
    assert ask(browser.http, app.renewal(given["refresh_token"])).status_code == 200


def test_a_client_that_revokes_too_many_tokens_is_told_so_and_what_it_revoked_stays_revoked(
    client: FlaskClient, software: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("identity.application.tokens.revoke_token.MOST_REVOKED_ALONE", 2)
    tokens = [body_of(token_of(client, software))["access_token"] for _ in range(3)]
    answers = [client.post("/v1/oauth2/revoke", data={"token": t}, headers=basic(*software)) for t in tokens]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert_oauth_problem(answers[2], 429, "temporarily_unavailable")
    assert 0 < int(answers[2].headers["Retry-After"]) <= 900
    assert [counts(client, software, token) for token in tokens] == [False, False, True]


def test_an_ended_sign_in_is_told_once(browser: Browser, register: Register) -> None:
    app = App()
    given = app.tokens(browser)
    for _ in range(2):
        form = {"token": given["refresh_token"], "client_id": app.client_id}
        assert browser.http.post("/v1/oauth2/revoke", data=form).status_code == 200
    # A renewal with the used-up token ends nothing more.
    ask(browser.http, app.renewal(given["refresh_token"]))
    told = [e for e in register.told("grant.revoked") if e["data"]["client_id"] == app.client_id]
    validate_produced(told[-1])
    assert len({e["subject"] for e in told}) == len(told)
