"""Whoever dies in the middle of what is more than one write leaves nothing of it, and it can be done again."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from tests.support.asking import ask, body_of
from tests.support.signing_in import CHECK, ROLE, App, Browser, any_mobile

from identity.application.people.grant_right import GrantRight
from identity.application.people.record_person import RecordPerson
from identity.bootstrap import Identity
from identity.domain.people.rights import Right, Role
from servicekit.ids import public_id
from servicekit.instants import utc_now
from servicekit.mongo import Mongo

COLLECTIONS = ("people", "mobile_numbers", "devices", "authorization_codes", "grants", "refresh_tokens", "sign_ins")


class Killed(BaseException):
    """Stands for SIGKILL: nothing of ours handles it."""


@pytest.fixture
def kill_at(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Dies where the unit of work makes one of its documents, after those before it are written; nowhere for ""."""

    def kill(making: str) -> None:
        def reached(*_: Any) -> None:
            raise Killed

        monkeypatch.undo()
        if making:
            monkeypatch.setattr(f"identity.adapters.unit_of_work.{making}", reached)

    return kill


def kept(mongo: Mongo) -> dict[str, list[Any]]:
    return {name: list(mongo.db[name].find({}, {"tries": False})) for name in COLLECTIONS}


@pytest.mark.parametrize("making", ["code_document", "MongoUnitOfWork._know_device"])
def test_a_sign_in_that_dies_at_its_end_leaves_nothing_and_the_same_code_ends_it(
    browser: Browser, shared_mongo: Mongo, kill_at: Any, making: str
) -> None:
    browser.open(App().request())
    code = browser.ask_code(any_mobile())
    before = kept(shared_mongo)
    kill_at(making)
    with pytest.raises(Killed):
        browser.send(CHECK, code=code)
    assert kept(shared_mongo) == before
    kill_at("")
    assert browser.send(CHECK, code=code).status_code == 303


def test_a_choice_that_dies_leaves_nothing_and_can_be_made_again(
    browser: Browser, identity: Identity, shared_mongo: Mongo, kill_at: Any
) -> None:
    mobile, at = any_mobile(), utc_now()
    person_id = identity.record_person(RecordPerson(mobile=mobile, person_id=public_id("per"), at=at))
    right = Right(id=public_id("rgt"), role=Role.LSP, lsp_id="lsp_1", begins_at=at)
    identity.grant_right(GrantRight(person_id=person_id, right=right, by="command-line", because="a test", at=at))
    browser.open(App().request())
    browser.send(CHECK, code=browser.ask_code(mobile))
    before = kept(shared_mongo)
    kill_at("MongoUnitOfWork._know_device")
    with pytest.raises(Killed):
        browser.send(ROLE, right=right.id)
    assert kept(shared_mongo) == before
    kill_at("")
    assert browser.send(ROLE, right=right.id).status_code == 303


@pytest.mark.parametrize("renewing", [False, True])
def test_tokens_that_die_on_the_way_are_not_given_and_can_be_asked_for_again(
    browser: Browser, client: FlaskClient, shared_mongo: Mongo, kill_at: Any, renewing: bool
) -> None:
    app = App()
    form = app.redemption(app.sign_in(browser))
    if renewing:
        form = app.renewal(body_of(ask(client, form))["refresh_token"])
    before = kept(shared_mongo)
    kill_at("refresh_token_document")
    with pytest.raises(Killed):
        ask(client, form)
    assert kept(shared_mongo) == before
    kill_at("")
    assert ask(client, form).status_code == 200
