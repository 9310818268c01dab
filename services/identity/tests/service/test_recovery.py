"""Somebody who lost their phone gets a new number: a centre asks, an officer approves, the old number can stop it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from tests.support.asking import FORM, ask, body_of
from tests.support.keys import ISSUER, KEY_SET, PEOPLE_KEY
from tests.support.second_steps import END, ENROL, Officer, code_of, recorded
from tests.support.signing_in import CHECK, HTML, App, Browser, Phone, any_mobile, claims_of
from werkzeug.test import TestResponse

from identity.application.clients.seed_sandbox import SeedSandbox
from identity.bootstrap import Identity, bootstrap
from identity.domain.privacy.erasures import Erasure
from identity.domain.privacy.erasures import State as EraseState
from identity.entrypoints.service import SERVICE
from identity.settings import Settings
from servicekit.http import Person
from servicekit.ids import public_id
from servicekit.instants import utc_now
from servicekit.mongo import Mongo
from servicekit.testing import internal_headers, settings_for

pytestmark = pytest.mark.usefixtures("standing_clock")

RECOVERIES = "/v1/recoveries"
STOP = "/v1/oauth2/recovery-stop"
NEW_NUMBER = "/v1/oauth2/sign-in/new-number"
COUNTER: dict[str, Any] = {"client_id": "cli_counter", "kiosk_id": "ksk_RJ10200001", "scopes": ["recoveries:open"]}
OFFICER = Person(id="per_officer", role="officer", department="revenue", districts=frozenset({"102"}))
DECIDER: dict[str, Any] = {"client_id": "cli_revenue", "scopes": ["recoveries:decide"], "person": OFFICER}


@dataclass
class Place:
    """An installation of its own, and everybody's phones."""

    http: FlaskClient
    identity: Identity
    mongo: Mongo
    phone: Phone

    def opens(self, old: str, new: str, *, resets: bool = False, **known: Any) -> TestResponse:
        body = {"old_mobile": old, "new_mobile": new, "resets_factors": resets}
        return self.http.post(RECOVERIES, json=body, headers=internal_headers("identity", **(known or COUNTER)))

    def decides(self, recovery_id: str, decision: str = "approval", **known: Any) -> TestResponse:
        headers = internal_headers("identity", **(DECIDER | known))
        return self.http.post(f"{RECOVERIES}/{recovery_id}/{decision}", headers=headers)

    def state(self, recovery_id: str) -> str:
        headers = internal_headers("identity", **DECIDER)
        return str(body_of(self.http.get(f"{RECOVERIES}/{recovery_id}", headers=headers))["state"])

    def stops(self, code: str) -> TestResponse:
        return self.http.post(STOP, data={"code": code}, content_type=FORM, headers=HTML)

    def notices(self) -> list[dict[str, str]]:
        return self.phone.notices()

    def stop_code(self) -> str:
        return str(re.findall(r"code ([A-Z2-7-]{19})$", self.notices()[-1]["text"])[0])

    def signs_in(self, mobile: str) -> tuple[App, dict[str, Any]]:
        app = App()
        return app, app.tokens(Browser(self.http.application, self.phone), mobile)

    def person(self, mobile: str) -> object:
        _, tokens = self.signs_in(mobile)
        return claims_of(self.http, tokens["access_token"], "emitra")["sub"]


@pytest.fixture
def place(mongo: Mongo, tmp_path: Path) -> Callable[[int | None], Place]:
    """An installation where a new number waits so many hours."""

    def made(hours: int | None) -> Place:
        file = tmp_path / "codes.json"
        waits = {} if hours is None else {"RECOVERY_WAIT_HOURS": str(hours)}
        own = settings_for(
            Settings, ISSUER=ISSUER, SIGNING_KEYS=KEY_SET, PEOPLE_KEY=PEOPLE_KEY, CODE_FILE=str(file), **waits
        )
        identity = bootstrap(own, mongo)
        identity.seed_sandbox(SeedSandbox(identity.sandbox_file(tmp_path / "sandbox.json"), utc_now()))
        return Place(SERVICE.flask_app(own, mongo, identity).test_client(), identity, mongo, Phone(file))

    return made


def test_after_the_waiting_time_the_new_number_is_the_persons_and_the_old_one_is_nobodys(
    place: Callable[[int | None], Place],
) -> None:
    here, old, new = place(0), any_mobile(), any_mobile()
    app, tokens = here.signs_in(old)
    person = claims_of(here.http, tokens["access_token"], "emitra")["sub"]
    opened = body_of(here.opens(old, new))
    assert (opened["state"], opened["notified"], opened["old_mobile"]) == ("OPEN", True, f"XXXXXX{old[-4:]}")
    assert here.notices()[-1]["mobile"] == old
    approved = here.decides(opened["recovery_id"])
    assert (approved.status_code, body_of(approved)["state"]) == (200, "APPROVED")
    assert here.person(new) == person
    assert here.state(opened["recovery_id"]) == "DONE"
    told = here.notices()
    assert [notice["mobile"] for notice in told] == [old, old]
    assert f"XXXXXX{new[-4:]}" in told[-1]["text"]
    # What was signed in with the old number is ended, and whoever has the old phone now is somebody else.
    assert ask(here.http, app.renewal(tokens["refresh_token"])).status_code == 400
    assert here.person(old) != person
    assert here.person(new) == person


def test_before_the_waiting_time_is_over_nothing_changes(place: Callable[[int | None], Place]) -> None:
    here, old, new = place(72), any_mobile(), any_mobile()
    person = here.person(old)
    recovery = body_of(here.opens(old, new))["recovery_id"]
    decided = body_of(here.decides(recovery))
    waits = datetime.fromisoformat(decided["effective_at"]) - datetime.fromisoformat(decided["decided_at"])
    assert waits == timedelta(hours=72)
    browser = Browser(here.http.application, here.phone)
    browser.open(App().request())
    assert browser.send(CHECK, code=browser.ask_code(new)).status_code == 409
    assert here.person(old) == person


@pytest.mark.parametrize("approved", [False, True])
def test_the_old_number_stops_it_and_then_nobody_goes_on(place: Callable[[int | None], Place], approved: bool) -> None:
    here, old, new = place(0), any_mobile(), any_mobile()
    person = here.person(old)
    recovery = body_of(here.opens(old, new))["recovery_id"]
    if approved:
        here.decides(recovery)
    answer = here.stops(here.stop_code().lower().replace("-", " "))
    assert (answer.status_code, "बदलाव रोक दिया गया" in answer.text) == (200, True)
    assert here.state(recovery) == "STOPPED"
    assert here.decides(recovery).status_code == 409
    assert here.person(new) != person
    assert here.person(old) == person


@pytest.mark.parametrize("code", ["AAAA-AAAA-AAAA-AAAA", "", "x" * 64, "१२३४"])
def test_a_code_of_nothing_stops_nothing_and_says_so_on_the_form(
    place: Callable[[int | None], Place], code: str
) -> None:
    here = place(0)
    recovery = body_of(here.opens(any_mobile(), any_mobile()))["recovery_id"]
    answer = here.stops(code)
    assert (answer.status_code, 'name="code"' in answer.text) == (404, True)
    assert here.state(recovery) == "OPEN"


def test_the_page_that_stops_is_in_both_languages_and_without_script(place: Callable[[int | None], Place]) -> None:
    page = place(0).http.get(STOP, headers=HTML)
    assert page.text.index("बदलाव रोकें") < page.text.index("Stop the change<")
    assert "script-src 'none'" in page.headers["Content-Security-Policy"]


def test_known_and_unknown_numbers_are_told_the_same(place: Callable[[int | None], Place]) -> None:
    here, known = place(0), any_mobile()
    here.signs_in(known)
    answers = [body_of(here.opens(number, any_mobile())) for number in (known, any_mobile())]
    same = ("state", "notified", "resets_factors", "decided_at", "effective_at")
    assert [[answer[name] for name in same] for answer in answers] == [["OPEN", True, False, None, None]] * 2
    assert len(here.notices()) == 2


def test_a_recovery_of_nobodys_number_gives_nobody_anything(place: Callable[[int | None], Place]) -> None:
    here, new = place(0), any_mobile()
    recovery = body_of(here.opens(any_mobile(), new))["recovery_id"]
    here.decides(recovery)
    assert str(here.person(new)).startswith("per_")
    assert here.state(recovery) == "APPROVED"


@pytest.mark.parametrize("begun", ["before", "meanwhile"])
def test_a_number_that_waits_for_somebody_who_was_erased_is_free(
    place: Callable[[int | None], Place], begun: str
) -> None:
    """Who was erased and signs in again is somebody new, and not shut out by what was asked for before."""
    here, mobile = place(0), any_mobile()
    person = str(here.person(mobile))
    erasure = Erasure(
        id=public_id("era"), person_id=person, state=EraseState.ERASING, requested_at=utc_now(), runs_after=utc_now()
    )
    erasures = here.identity.privacy.run_erasures.erasures
    if begun == "meanwhile":
        # The mark of the erasure is there, and the number is the person's still.
        here.mongo.db.people.update_one({"_id": person}, {"$set": {"erased_at": utc_now()}})
    recovery = body_of(here.opens(mobile, mobile, resets=True))["recovery_id"]
    here.decides(recovery)
    if begun == "before":
        erasures.erase_person(erasure, utc_now())
        kept = here.mongo.db.recoveries.find_one({"_id": recovery})
        assert kept
        assert {kept[name] for name in ("old_index", "new_index", "old_shown", "new_shown")} == {""}
        assert kept["old_sealed"] == b""
    else:
        here.mongo.db.mobile_numbers.delete_many({"person_id": person})
    assert here.person(mobile) != person
    assert here.state(recovery) == "STOPPED"


def test_a_repeat_gives_the_one_that_runs_and_another_number_is_refused(place: Callable[[int | None], Place]) -> None:
    here, old, new = place(0), any_mobile(), any_mobile()
    first = body_of(here.opens(old, new))
    assert body_of(here.opens(old, new)) == first
    assert len(here.notices()) == 1
    answer = here.opens(old, any_mobile())
    assert (answer.status_code, body_of(answer)["code"]) == (409, "recovery-running")
    assert body_of(answer)["recovery_id"] == first["recovery_id"], "what an officer refuses it by"
    here.decides(body_of(answer)["recovery_id"], "refusal")
    assert here.opens(old, any_mobile()).status_code == 200


@pytest.mark.parametrize(
    "known",
    [
        {"client_id": "cli_counter"},
        {"person": Person(id="per_who_opened", role="officer", department="revenue", districts=frozenset({"102"}))},
    ],
    ids=["the client that opened", "the person who opened"],
)
def test_it_takes_two_people(place: Callable[[int | None], Place], known: dict[str, Any]) -> None:
    here = place(0)
    opener = COUNTER | {"person": Person(id="per_who_opened", role="operator")}
    recovery = body_of(here.opens(any_mobile(), any_mobile(), **opener))["recovery_id"]
    answer = here.decides(recovery, **known)
    assert (answer.status_code, body_of(answer)["code"]) == (403, "recovery-not-for-this-officer")
    assert "अधिकारी" in body_of(answer)["detail_hi"]
    assert here.state(recovery) == "OPEN"


@pytest.mark.parametrize(
    "person",
    [None, *(Person(id="per_x", role=role) for role in ("citizen", "auditor"))],
    ids=["a machine", "a citizen", "an auditor"],
)
def test_nobody_but_officers_and_administrators_decides(
    place: Callable[[int | None], Place], person: Person | None
) -> None:
    here = place(0)
    recovery = body_of(here.opens(any_mobile(), any_mobile()))["recovery_id"]
    assert here.decides(recovery, person=person).status_code == 403
    assert here.state(recovery) == "OPEN"


def test_nobody_approves_their_own(place: Callable[[int | None], Place]) -> None:
    here = place(0)
    mobile = recorded(here.identity)
    person = here.mongo.db["mobile_numbers"].find_one({"shown": f"XXXXXX{mobile[-4:]}"})
    assert person is not None
    themselves = Person(id=person["person_id"], role="officer", department="revenue", districts=frozenset({"102"}))
    recovery = body_of(here.opens(mobile, any_mobile(), resets=True))["recovery_id"]
    assert here.decides(recovery, person=themselves).status_code == 403


def test_an_officer_who_lost_everything_enrols_anew(place: Callable[[int | None], Place]) -> None:
    here = place(0)
    officer = Officer(Browser(here.http.application, here.phone), recorded(here.identity))
    officer.enrols_app()
    officer.browser.send(END)
    recovery = body_of(here.opens(officer.mobile, officer.mobile, resets=True))["recovery_id"]
    here.decides(recovery)
    old = officer.secret
    officer.enrols_app()
    assert officer.secret != old
    assert code_of(officer.browser.send(END))


def test_a_new_number_alone_leaves_an_officer_their_second_factor(place: Callable[[int | None], Place]) -> None:
    here = place(0)
    officer = Officer(Browser(here.http.application, here.phone), recorded(here.identity))
    officer.enrols_app()
    recovery = body_of(here.opens(officer.mobile, new := any_mobile()))["recovery_id"]
    here.decides(recovery)
    officer.mobile = new
    officer.proves_phone()
    assert officer.browser.send(ENROL, kind="totp", code=officer.code()).status_code in {409, 422}
    assert code_of(officer.proves(code=officer.code()))


def test_a_number_that_is_somebody_elses_is_not_taken_away(place: Callable[[int | None], Place]) -> None:
    here, old, new = place(0), any_mobile(), any_mobile()
    person, other = here.person(old), here.person(new)
    recovery = body_of(here.opens(old, new))["recovery_id"]
    here.decides(recovery)
    assert here.person(new) == other
    assert here.person(old) == person
    assert (here.state(recovery), len(here.notices())) == ("APPROVED", 1)


def test_where_no_waiting_time_is_set_nobody_approves(place: Callable[[int | None], Place]) -> None:
    here = place(None)
    recovery = body_of(here.opens(any_mobile(), any_mobile()))["recovery_id"]
    answer = here.decides(recovery)
    assert (answer.status_code, body_of(answer)["code"]) == (503, "recovery-not-set-up")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"old_mobile": "12345", "new_mobile": "9829000000"}, "/old_mobile"),
        ({"old_mobile": "9829000000", "new_mobile": "नंबर"}, "/new_mobile"),
        ({"old_mobile": "9829000000"}, "/new_mobile"),
        ({"old_mobile": "9829000000", "new_mobile": 9829000001}, "/new_mobile"),
        ({"old_mobile": "9829000000", "new_mobile": "9829000001", "resets_factors": "perhaps"}, "/resets_factors"),
        ({"old_mobile": "9" * 33, "new_mobile": "9829000001"}, "/old_mobile"),
    ],
)
def test_wrong_numbers_are_told_and_not_repeated(
    place: Callable[[int | None], Place], body: dict[str, Any], pointer: str
) -> None:
    answer = place(0).http.post(RECOVERIES, json=body, headers=internal_headers("identity", **COUNTER))
    assert answer.status_code == 422
    assert [problem["pointer"] for problem in body_of(answer)["errors"]] == [pointer]
    assert "9829000" not in answer.text  # not fewer digits: those of an id are chance


def test_the_same_number_twice_needs_something_that_changes(place: Callable[[int | None], Place]) -> None:
    here, number = place(0), any_mobile()
    assert here.opens(number, number).status_code == 422
    assert here.opens(number, number, resets=True).status_code == 200


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", "/approval"), ("POST", "/refusal")])
def test_a_counter_opens_and_does_not_decide(place: Callable[[int | None], Place], method: str, path: str) -> None:
    here = place(0)
    recovery = body_of(here.opens(any_mobile(), any_mobile()))["recovery_id"]
    headers = internal_headers("identity", **COUNTER)
    assert here.http.open(f"{RECOVERIES}/{recovery}{path}", method=method, headers=headers).status_code == 403


@pytest.mark.parametrize("recovery_id", ["rcv_unknown", "x" * 300])
def test_a_recovery_that_is_none_is_not_found(place: Callable[[int | None], Place], recovery_id: str) -> None:
    assert place(0).decides(recovery_id).status_code == 404


def test_no_whole_number_is_kept_readable(place: Callable[[int | None], Place]) -> None:
    here, old, new = place(0), any_mobile(), any_mobile()
    here.signs_in(old)
    here.decides(body_of(here.opens(old, new))["recovery_id"])
    code = here.stop_code()
    stored = repr([list(here.mongo.db[name].find()) for name in here.mongo.db.list_collection_names()])
    for secret in (old, new, code, code.replace("-", "")):
        assert secret not in stored


# ---- without a centre, by a recovery code


@dataclass
class Lost:
    """An officer who lost the phone and kept the recovery codes, before a new browser with a new number."""

    here: Place
    officer: Officer
    new: str
    browser: Browser

    def asks(self, **changes: str) -> TestResponse:
        """The form of the new number, with a fresh code to it."""
        code = self.browser.ask_code(self.new)
        form = {"code": code, "old_mobile": self.officer.mobile, "recovery_code": self.officer.recovery_codes[0]}
        return self.browser.send(NEW_NUMBER, **(form | changes))

    def recovery(self) -> dict[str, Any]:
        found = self.here.mongo.db["recoveries"].find_one({})
        assert found is not None
        return found


@pytest.fixture
def lost(place: Callable[[int | None], Place]) -> Callable[[int | None], Lost]:
    def made(hours: int | None) -> Lost:
        here = place(hours)
        officer = Officer(Browser(here.http.application, here.phone), recorded(here.identity))
        officer.enrols_app()
        officer.browser.send(END)
        browser = Browser(here.http.application, here.phone)
        browser.open(App().request())
        return Lost(here, officer, any_mobile(), browser)

    return made


def test_a_recovery_code_gives_a_new_number_without_a_centre_and_the_old_one_is_told(
    lost: Callable[[int | None], Lost],
) -> None:
    one = lost(0)
    shown = one.asks()
    assert shown.status_code == 200, shown.text
    assert f"XXXXXX{one.new[-4:]}" in shown.text
    assert "script" not in shown.text.lower()
    assert one.new not in shown.text
    assert one.recovery()["state"] == "APPROVED"
    assert one.here.notices()[-1]["mobile"] == one.officer.mobile
    # The first sign-in with the new number makes the change; the app of the second step is still the officer's.
    one.officer.mobile = one.new
    one.officer.proves_phone()
    assert code_of(one.officer.proves(code=one.officer.code(1)))
    assert one.recovery()["state"] == "DONE"


def test_a_recovery_code_of_a_new_number_counts_once(lost: Callable[[int | None], Lost]) -> None:
    one = lost(24)
    assert one.asks().status_code == 200
    one.here.stops(one.here.stop_code())
    again = Lost(one.here, one.officer, any_mobile(), Browser(one.here.http.application, one.here.phone))
    again.browser.open(App().request())
    assert again.asks().status_code == 422
    assert again.asks(recovery_code=one.officer.recovery_codes[1]).status_code == 200


def test_until_the_waiting_time_is_over_the_old_number_stops_what_a_recovery_code_asked_for(
    lost: Callable[[int | None], Lost],
) -> None:
    one = lost(24)
    one.asks()
    waits = one.recovery()["effective_at"] - one.recovery()["decided_at"]
    assert waits == timedelta(hours=24)
    assert one.here.stops(one.here.stop_code()).status_code == 200
    assert one.recovery()["state"] == "STOPPED"


@pytest.mark.parametrize("changes", [{"recovery_code": "AAAA-BBBB-CCCC-DDDD"}, {"old_mobile": "9000000001"}])
def test_a_wrong_recovery_code_and_an_unknown_number_are_one_answer_and_tell_nobody(
    lost: Callable[[int | None], Lost], changes: dict[str, str]
) -> None:
    one = lost(0)
    notices = len(one.here.notices())
    refused = one.asks(**changes)
    assert (refused.status_code, refused.content_type) == (422, "text/html; charset=utf-8")
    assert "रिकवरी कोड मान्य नहीं है" in refused.text
    assert changes.get("old_mobile", "AAAA") not in refused.text
    assert one.here.mongo.db["recoveries"].count_documents({}) == 0
    assert len(one.here.notices()) == notices
    # The form is still there, and the right words are taken.
    assert one.asks().status_code == 200


def test_somebody_elses_new_number_is_not_taken_by_a_recovery_code(lost: Callable[[int | None], Lost]) -> None:
    one = lost(0)
    one.here.person(one.new)
    assert one.asks().status_code == 422
    assert one.here.mongo.db["recoveries"].count_documents({}) == 0


def test_the_code_to_the_new_number_has_its_tries_there_too(lost: Callable[[int | None], Lost]) -> None:
    one = lost(0)
    code = one.browser.ask_code(one.new)
    wrong = f"{(int(code) + 1) % 10**6:06}"
    form = {"old_mobile": one.officer.mobile, "recovery_code": one.officer.recovery_codes[0]}
    answers = [one.browser.send(NEW_NUMBER, code=wrong, **form).status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]
    assert one.browser.send(NEW_NUMBER, code=code, **form).status_code == 429


def test_a_new_number_ends_its_sign_in_so_the_number_stays_nobodys(lost: Callable[[int | None], Lost]) -> None:
    one = lost(24)
    code = one.browser.ask_code(one.new)
    one.browser.send(NEW_NUMBER, code=code, old_mobile=one.officer.mobile, recovery_code=one.officer.recovery_codes[0])
    assert one.browser.send(CHECK, code=code).status_code == 409
    assert one.here.mongo.db["mobile_numbers"].count_documents({"shown": f"XXXXXX{one.new[-4:]}"}) == 0


def test_without_a_waiting_time_nobody_gets_a_new_number_by_a_code(lost: Callable[[int | None], Lost]) -> None:
    one = lost(None)
    assert one.asks().status_code == 503
    assert one.here.mongo.db["recoveries"].count_documents({}) == 0


def test_before_the_waiting_time_is_over_nobody_becomes_somebody_new_under_the_number(
    lost: Callable[[int | None], Lost],
) -> None:
    one = lost(24)
    one.asks()
    browser = Browser(one.here.http.application, one.here.phone)
    browser.open(App().request())
    told = browser.send(CHECK, code=browser.ask_code(one.new))
    assert (told.status_code, "यह नंबर बाद में मान्य होगा" in told.text) == (409, True)
    assert one.here.mongo.db["mobile_numbers"].count_documents({"shown": f"XXXXXX{one.new[-4:]}"}) == 0
    # Whoever knows nothing of it goes to an officer.
    assert one.here.decides(one.recovery()["_id"], "refusal").status_code == 200
    assert one.here.person(one.new)


def test_a_recovery_that_was_opened_for_somebody_else_is_not_approved_by_my_code(
    lost: Callable[[int | None], Lost],
) -> None:
    one = lost(0)
    opened = body_of(one.here.opens(one.officer.mobile, one.new))["recovery_id"]
    one.here.mongo.db["recoveries"].update_one({"_id": opened}, {"$set": {"person_id": "per_before"}})
    refused = one.asks()
    assert (refused.status_code, one.recovery()["state"]) == (409, "OPEN")
    codes = one.here.mongo.db["factors"].find_one({}, {"recovery_codes": True})
    assert codes is not None
    assert len(codes["recovery_codes"]) == 10


def test_what_a_centre_opened_is_approved_by_the_persons_own_code_and_says_by_whom(
    lost: Callable[[int | None], Lost],
) -> None:
    one = lost(0)
    one.here.opens(one.officer.mobile, one.new)
    assert one.asks().status_code == 200
    kept = one.recovery()
    assert (kept["state"], kept["opened_by"]["client_id"], kept["decided_by"]["client_id"]) == (
        "APPROVED",
        "cli_counter",
        App().client_id,
    )
