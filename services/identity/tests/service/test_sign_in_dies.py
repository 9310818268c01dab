"""identity is killed (SIGKILL) between two steps of a sign-in or a recovery: what is stored is whole, nothing was given
twice, and the same step again goes on."""

import json
import os
import signal
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pyotp
import pytest
from tests.support.keys import ISSUER, KEY_SET, PEOPLE_KEY
from tests.support.second_steps import recorded
from tests.support.signing_in import Phone, any_mobile
from tests.support.steps_once import step

from identity.application.recovery.decide_recovery import DecideRecovery
from identity.application.recovery.errors import RecoveryDecided
from identity.application.sign_in.begin_sign_in import BeginSignIn
from identity.application.sign_in.send_code import SendCode
from identity.bootstrap import Identity, bootstrap
from identity.domain.factors.factors import new_totp_secret
from identity.domain.people.rights import Role
from identity.domain.recovery.recovery import By
from identity.domain.tokens.grants import AuthorizationRequest
from identity.settings import Settings
from servicekit.ids import public_id
from servicekit.instants import utc_now
from servicekit.mongo import Mongo
from servicekit.testing import programs, settings_for

STEP = Path(__file__).parents[1] / "support" / "steps_once.py"
NAME_OF_THE_KILLED = "identity-to-be-killed"
OFFICER = By(client_id="cli_revenue", person_id="per_decides")
REQUEST = AuthorizationRequest(
    client_id="cli_app", redirect_uri="https://a.example/", scope="openid", state=None, nonce=None, code_challenge="c"
)
COLLECTIONS = (
    "sign_ins",
    "factors",
    "mobile_numbers",
    "people",
    "authorization_codes",
    "devices",
    "grants",
    "recoveries",
)


@dataclass
class Place:
    """An installation of its own; a step that dies has a process of its own."""

    mongo: Mongo
    environment: dict[str, str]
    identity: Identity
    codes: Path
    # One instant for everything: processes take their time.
    at: datetime = field(default_factory=utc_now)

    def step(self, name: str, dies_at: str = "", /, **members: Any) -> None:
        """Do it; killed at a crash point, or well."""
        if not dies_at:
            step(self.identity, name, members, self.at)
            return
        env = {
            **os.environ,
            **self.environment,
            "CRASH_POINT": dies_at,
            "MONGODB_URI": f"{self.environment['MONGODB_URI']}&appName={NAME_OF_THE_KILLED}",
        }
        arguments = [name, json.dumps(members), self.at.isoformat()]
        status, said = programs.run(STEP.read_text(), arguments, env, 60)
        assert status == -signal.SIGKILL, said
        operations: list[dict[str, Any]] = [
            {"$currentOp": {"allUsers": True, "idleSessions": True}},
            {"$match": {"appName": NAME_OF_THE_KILLED, "transaction": {"$exists": True}}},
        ]
        # What MongoDB does by itself after a minute.
        left_open = [{"id": session["lsid"]["id"]} for session in self.mongo.client.admin.aggregate(operations)]
        if left_open:
            self.mongo.client.admin.command({"killSessions": left_open})

    def kept(self) -> dict[str, list[Any]]:
        """Everything, without the tries that were counted on the way."""
        without = {"tries": False, "factor_tries": False, "totp_tries": False, "totp_tries_end_at": False}
        return {name: list(self.mongo.db[name].find({}, without)) for name in COLLECTIONS}

    def count(self, collection: str) -> int:
        return self.mongo.db[collection].count_documents({})

    def sends_code(self, mobile: str, ticket: str) -> dict[str, Any]:
        """A sign-in on its way; the members of the step that checks its code."""
        self.identity.begin_sign_in(BeginSignIn(ticket=ticket, device="d", request=REQUEST, at=self.at))
        self.identity.send_code(SendCode(ticket=ticket, device="d", mobile=mobile, code="123456", at=self.at))
        return {
            "ticket": ticket, "device": "d", "code": "123456", "new_device": f"new {ticket}",
            "authorization_code": f"code {ticket}", "person_id": public_id("per"), "grant_id": public_id("gra"),
            "totp_secret": new_totp_secret(),
        }  # fmt: skip

    def notices(self) -> int:
        return len(Phone(self.codes).notices())


@pytest.fixture
def place(settings: Settings, mongo: Mongo, tmp_path: Path) -> Place:
    environment = {
        "MONGODB_URI": settings.mongodb_uri,
        "MONGODB_DATABASE": mongo.db.name,
        "AMQP_URL": settings.amqp_url,
        "INTERNAL_TOKEN_JWKS": settings.internal_token_jwks,
        "CURSOR_SECRET": settings.cursor_secret,
        "ISSUER": ISSUER,
        "SIGNING_KEYS": KEY_SET,
        "PEOPLE_KEY": PEOPLE_KEY,
        "CODE_FILE": str(tmp_path / "codes.json"),
        "RECOVERY_WAIT_HOURS": "0",
    }
    return Place(mongo, environment, bootstrap(settings_for(Settings, **environment), mongo), tmp_path / "codes.json")


def test_a_citizens_sign_in_that_dies_at_its_end_was_none_and_the_same_code_ends_it(place: Place) -> None:
    asked = place.sends_code(any_mobile(), "t1")
    before = place.kept()
    place.step("check", "P3", **asked)
    assert place.kept() == before
    place.step("check", **asked)
    assert [place.count(name) for name in ("people", "mobile_numbers", "authorization_codes", "devices")] == [1] * 4


def test_an_enrolment_that_dies_gave_nothing_and_the_same_code_enrols(place: Place) -> None:
    asked = place.sends_code(recorded(place.identity), "t1")
    place.step("check", **asked)
    enrol: dict[str, Any] = {
        "ticket": "t1", "device": "d", "typed": pyotp.TOTP(asked["totp_secret"]).at(place.at),
        "recovery_codes": ["AAAA-BBBB-CCCC-DDDD"],
    }  # fmt: skip
    before = place.kept()
    place.step("enrol", "P1", **enrol)
    assert place.kept() == before
    assert place.count("factors") == 0
    place.step("enrol", **enrol)
    assert place.count("factors") == 1


def test_a_proof_that_dies_is_whole_on_either_side_of_its_transaction(place: Place) -> None:
    mobile = recorded(place.identity)
    asked = place.sends_code(mobile, "t1")
    place.step("check", **asked)
    app = pyotp.TOTP(asked["totp_secret"])
    enrol: dict[str, Any] = {"ticket": "t1", "device": "d", "typed": app.at(place.at, counter_offset=-1)}
    place.step("enrol", **enrol, recovery_codes=["AAAA-BBBB-CCCC-DDDD"])
    again = place.sends_code(mobile, "t2")
    place.step("check", **again)
    proof = {"ticket": "t2", "device": "d", "typed": app.at(place.at)}
    before = place.kept()
    place.step("prove", "P1", **proof)
    assert place.kept() == before  # the code was not used
    place.step("prove", "P2", **proof)
    assert place.kept() != before
    place.step("prove", **proof)  # the form again: it was proved, and goes on
    end = {name: again[name] for name in ("ticket", "device", "new_device", "authorization_code", "grant_id")}
    before = place.kept()
    place.step("end", "P3", **end)
    assert place.kept() == before
    place.step("end", **end)
    assert place.count("authorization_codes") == 1


def test_a_recovery_whose_notice_did_not_go_out_is_approved_by_nobody_and_a_repeat_tells(place: Place) -> None:
    old, new = any_mobile(), any_mobile()
    asked: dict[str, Any] = {"old_mobile": old, "new_mobile": new, "resets_factors": False}
    place.step("open", "P4", **asked, recovery_id="rcv_first", stop_code="A" * 16)
    assert place.notices() == 0
    approval = DecideRecovery(recovery_id="rcv_first", approves=True, by=OFFICER, at=place.at)
    with pytest.raises(RecoveryDecided):
        place.identity.decide_recovery(approval)
    place.step("open", "P5", **asked, recovery_id="rcv_second", stop_code="B" * 16)
    assert place.notices() == 1
    with pytest.raises(RecoveryDecided):
        place.identity.decide_recovery(approval)
    place.step("open", **asked, recovery_id="rcv_third", stop_code="C" * 16)
    assert (place.count("recoveries"), place.notices()) == (1, 2)
    assert place.identity.decide_recovery(approval).state == "APPROVED"


@pytest.mark.parametrize("point", ["P6", "P7"])
def test_a_change_that_dies_was_told_and_is_made_by_the_next_sign_in(place: Place, point: str) -> None:
    old, new = any_mobile(), any_mobile()
    recorded(place.identity, Role.CITIZEN, old)
    person = place.mongo.db["mobile_numbers"].find_one({})
    assert person is not None
    asked: dict[str, Any] = {"old_mobile": old, "new_mobile": new, "resets_factors": False}
    place.step("open", **asked, recovery_id="rcv_1", stop_code="A" * 16)
    place.identity.decide_recovery(DecideRecovery(recovery_id="rcv_1", approves=True, by=OFFICER, at=place.at))
    check = place.sends_code(new, "t1")
    before = place.kept()
    place.step("check", point, **check)
    assert place.kept() == before
    assert place.notices() == 2
    place.step("check", **check)
    (kept,) = place.mongo.db["mobile_numbers"].find({})
    assert (kept["person_id"], kept["shown"]) == (person["person_id"], f"XXXXXX{new[-4:]}")
    assert place.notices() == 3


@pytest.mark.parametrize("point", ["P4", "P5", "P8"])
def test_a_new_number_by_a_recovery_code_that_dies_is_open_and_the_same_code_approves_it(
    place: Place, point: str
) -> None:
    mobile, new = recorded(place.identity), any_mobile()
    asked = place.sends_code(mobile, "t1")
    place.step("check", **asked)
    app = pyotp.TOTP(asked["totp_secret"])
    codes = ["AAAA-BBBB-CCCC-DDDD"]
    place.step("enrol", ticket="t1", device="d", typed=app.at(place.at), recovery_codes=codes)
    sent = place.sends_code(new, "t2")
    recover: dict[str, Any] = {name: sent[name] for name in ("ticket", "device", "code")} | {
        "old_mobile": mobile,
        "recovery_code": codes[0],
    }
    place.step("recover", point, **recover, recovery_id="rcv_1", stop_code="A" * 16)
    (opened,) = place.mongo.db["recoveries"].find({})
    assert opened["state"] == "OPEN"
    place.step("recover", **recover, recovery_id="rcv_2", stop_code="B" * 16)
    (approved,) = place.mongo.db["recoveries"].find({})
    assert (approved["_id"], approved["state"], approved["notified"]) == ("rcv_1", "APPROVED", True)
    assert place.mongo.db["factors"].find_one({}, {"recovery_codes": True})["recovery_codes"] == []  # type: ignore[index]
