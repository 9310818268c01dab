"""Each act is told to its person until it is sent; "not me" ends it, opens a case, and the case is answered."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from tests.support.asking import body_of
from tests.support.assisting import SUPPORT, Counter, link_in, messages
from tests.support.signing_in import HTML, Phone

from emitra_contracts import validate_produced
from identity.application.assistance.note_act import NoteAct
from identity.application.assistance.send_notices import SendNotices
from identity.bootstrap import Identity
from servicekit.ids import public_id
from servicekit.instants import utc_now
from servicekit.mongo import Mongo
from servicekit.testing import internal_headers

Killed = KeyboardInterrupt  # nothing of ours handles it


@contextmanager
def away(file: Path) -> Iterator[None]:
    """The place of the messages is not there."""
    folder, elsewhere = file.parent, file.parent.with_name("away")
    folder.rename(elsewhere)
    try:
        yield
    finally:
        elsewhere.rename(folder)


def act(identity: Identity, mongo: Mongo, assistance_id: str, *, act_id: str = "", certain: bool = True) -> str:
    """Something was done, as the gateway's event tells it."""
    command = NoteAct(
        act_id=act_id or public_id("act"),
        assistance_id=assistance_id,
        operation="POST /v1/payments",
        certain=certain,
        at=utc_now(),
    )
    mongo.transact(lambda session: identity.assistance.note_act(session)(command))
    return command.act_id


def send(identity: Identity, later: timedelta = timedelta(0)) -> int:
    return identity.assistance.send_notices(SendNotices(at=utc_now() + later))


def dispute(counter: Counter, path: str, **form: str) -> Any:
    return counter.http.post("/v1/not-me", data={"code": path[-43:], "what": "dispute", **form}, headers=HTML)


def events(mongo: Mongo, name: str, subject: str) -> list[dict[str, Any]]:
    rows = mongo.db["outbox"].find({"routing_key": name, "aggregate.id": subject})
    return [json.loads(row["body"]) for row in rows]


@pytest.fixture
def told(counter: Counter, identity: Identity) -> tuple[str, str]:
    """An assistance, and the path of the link that its person got."""
    assistance_id = counter.agreed()
    send(identity)
    return assistance_id, link_in(messages(counter.phone, counter.mobile)[-1])


def test_each_act_is_told_once_with_what_where_and_when(
    counter: Counter, identity: Identity, shared_mongo: Mongo, told: tuple[str, str]
) -> None:
    first = act(identity, shared_mongo, told[0])
    act(identity, shared_mongo, told[0], act_id=first)
    act(identity, shared_mongo, told[0], certain=False)
    assert send(identity) == 2
    assert send(identity) == 0
    *_, done, perhaps = messages(counter.phone, counter.mobile)
    assert "Done for you at e-Mitra centre RJ10200001" in done
    assert "pay a bill of yours – JVVNL, at most ₹1525.00 in all, once (POST /v1/payments)" in done
    assert "किया गया" in done
    assert utc_now().astimezone().strftime("%Y") in done
    assert "Perhaps done for you" in perhaps
    assert link_in(done) == link_in(perhaps) == told[1]


def test_what_cannot_be_sent_is_sent_later_and_holds_nothing_up(
    counter: Counter, identity: Identity, shared_mongo: Mongo, phone: Phone, told: tuple[str, str]
) -> None:
    act(identity, shared_mongo, told[0])
    before = len(messages(phone, counter.mobile))
    with away(phone.file):
        assert send(identity) == 0
    assert send(identity) == 0  # not yet
    assert send(identity, timedelta(seconds=6)) == 1
    assert len(messages(phone, counter.mobile)) == before + 1


def test_whoever_dies_after_sending_sends_that_one_again_and_loses_none(
    counter: Counter, identity: Identity, shared_mongo: Mongo, told: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        act(identity, shared_mongo, told[0])
    before = len(messages(counter.phone, counter.mobile))

    def die(point: str) -> None:
        assert point == "N1"
        raise Killed

    monkeypatch.setattr("identity.application.assistance.send_notices.crash_point", die)
    with pytest.raises(Killed):
        send(identity)
    monkeypatch.undo()
    assert send(identity) == 2
    assert len(messages(counter.phone, counter.mobile)) == before + 3


def test_a_consent_that_dies_at_its_end_leaves_nothing_and_the_same_code_gives_it(
    counter: Counter, shared_mongo: Mongo, monkeypatch: pytest.MonkeyPatch
) -> None:
    assistance_id = str(body_of(counter.asks())["assistance_id"])
    code = counter.code

    def die(*_: Any) -> None:
        raise Killed

    monkeypatch.setattr("identity.adapters.mongo_notices.NoticesWithin.add", die)
    with pytest.raises(Killed):
        counter.consents(assistance_id, code)
    kept = shared_mongo.db["assistances"].find_one({"_id": assistance_id})
    assert kept is not None
    assert (kept["state"], kept["consent"]) == ("ASKED", None)
    monkeypatch.undo()
    assert counter.consents(assistance_id, code).status_code == 200


def test_a_request_that_dies_before_its_message_sends_it_when_it_is_repeated(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: Any) -> None:
        raise Killed

    monkeypatch.setattr("identity.adapters.mongo_assistances.MongoAssistances.put_code", die)
    with pytest.raises(Killed):
        counter.asks("the-key-of-one-request")
    assert messages(counter.phone, counter.mobile) == []
    monkeypatch.undo()
    repeated = counter.asks("the-key-of-one-request")
    assert (repeated.status_code, repeated.headers["Idempotent-Replayed"]) == (201, "true")
    assert counter.consents(body_of(repeated)["assistance_id"]).status_code == 200


def test_not_me_ends_the_assistance_and_its_tokens_and_opens_one_case(
    counter: Counter, shared_mongo: Mongo, told: tuple[str, str]
) -> None:
    assistance_id, path = told
    token = counter.token(assistance_id)
    page = counter.http.get(path, headers=HTML)
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert "<script" not in page.text
    assert len(page.data) < 6_000
    assert "pay a bill of yours" in page.text
    assert "आपके बिल का भुगतान" in page.text
    back = dispute(counter, path, reason="NOT_PRESENT")
    assert (back.status_code, back.location) == (303, path)
    assert counter.introspects(token) == {"active": False}
    assert counter.exchanges(assistance_id).status_code == 400
    assert dispute(counter, path, reason="OTHER").status_code == 303
    (case,) = shared_mongo.db["cases"].find({"assistance_id": assistance_id})
    assert (case["reason"], case["state"]) == ("NOT_PRESENT", "OPEN")
    assert case["_id"] in counter.http.get(path, headers=HTML).text
    (event,) = events(shared_mongo, "assistance.disputed.v1", assistance_id)
    validate_produced(event)
    assert event["data"]["case_id"] == case["_id"]
    assert counter.mobile not in json.dumps(event)
    shown = body_of(counter.http.get(f"/v1/assistances/{assistance_id}", headers=counter.headers))
    assert shown["state"] == "DISPUTED"


def test_not_me_counts_after_the_time_is_over_and_after_a_withdrawal(
    counter: Counter, shared_mongo: Mongo, told: tuple[str, str]
) -> None:
    assistance_id, path = told
    withdrawn = counter.http.post("/v1/not-me", data={"code": path[-43:], "what": "withdraw"}, headers=HTML)
    assert withdrawn.status_code == 303
    (event,) = events(shared_mongo, "assistance.withdrawn.v1", assistance_id)
    validate_produced(event)
    assert counter.exchanges(assistance_id).status_code == 400
    assert "This permission has ended" in counter.http.get(path, headers=HTML).text
    dispute(counter, path)
    (event,) = events(shared_mongo, "assistance.disputed.v1", assistance_id)
    validate_produced(event)
    assert (event["sequence"], event["data"]["reason"]) == ("2", "other")


def test_a_dispute_that_dies_half_way_leaves_all_as_it_was(
    counter: Counter, shared_mongo: Mongo, told: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: Any) -> None:
        raise Killed

    monkeypatch.setattr("identity.adapters.mongo_assistances._event", die)
    with pytest.raises(Killed):
        dispute(counter, told[1])
    assert shared_mongo.db["cases"].count_documents({"assistance_id": told[0]}) == 0
    assert counter.exchanges(told[0]).status_code == 200
    monkeypatch.undo()
    assert dispute(counter, told[1]).status_code == 303
    assert shared_mongo.db["cases"].count_documents({"assistance_id": told[0]}) == 1


def test_support_finds_and_answers_a_case_and_the_person_reads_the_answer(
    counter: Counter, client: FlaskClient, identity: Identity, told: tuple[str, str]
) -> None:
    dispute(counter, told[1], reason="NOT_AGREED")
    headers = internal_headers("identity", client_id="cli_support", scopes=SUPPORT)
    found: list[dict[str, Any]] = []
    query: dict[str, Any] = {"state": "OPEN", "limit": 2}
    while True:
        listed = body_of(client.get("/v1/cases", query_string=query, headers=headers))
        found += listed["items"]
        if listed["next"] is None:
            break
        query["cursor"] = listed["next"]
    (case,) = [each for each in found if each["assistance_id"] == told[0]]
    assert (case["reason"], case["actor"]["kiosk_id"]) == ("NOT_AGREED", "ksk_RJ10200001")
    words = {"text": "The payment was returned to you.", "text_hi": "भुगतान आपको लौटा दिया गया।"}
    path = f"/v1/cases/{case['case_id']}/answers"
    answered = client.post(path, json=words, headers=headers)
    assert (answered.status_code, body_of(answered)["state"]) == (200, "ANSWERED")
    assert body_of(client.post(path, json=words, headers=headers)) == body_of(answered)
    other = client.post(path, json={**words, "text": "Nothing happened."}, headers=headers)
    assert (other.status_code, body_of(other)["code"]) == (409, "case-answered")
    assert send(identity) == 1
    assert "Your case about e-Mitra centre RJ10200001 was answered" in messages(counter.phone, counter.mobile)[-1]
    page = counter.http.get(told[1], headers=HTML).text
    assert all(text in page for text in words.values())
    read = client.get(f"/v1/cases/{case['case_id']}", headers=headers)
    assert body_of(read) == body_of(answered)


def test_a_cursor_of_another_list_and_a_case_that_is_none_are_refused(client: FlaskClient) -> None:
    headers = internal_headers("identity", client_id="cli_support", scopes=SUPPORT)
    assert client.get(f"/v1/cases/cas_{'0' * 32}", headers=headers).status_code == 404
    assert client.get("/v1/cases", query_string={"cursor": "x"}, headers=headers).status_code == 422
    assert client.get("/v1/cases", query_string={"state": "LOST"}, headers=headers).status_code == 422
