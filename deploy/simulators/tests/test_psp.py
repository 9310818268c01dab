"""The provider: authorise, then capture or void, each once."""

from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from tests.support.biller_under_test import NOON

from emitra_simulators.controls import Faults, SimulatedClock
from emitra_simulators.journal import FileJournal, NoJournal
from emitra_simulators.psp import psp_app


def request_for(instrument: str) -> dict[str, Any]:
    return {"request_id": "pay_1:auth", "amount_paise": 152500, "mode": "UPI", "instrument": instrument}


def authorised(psp: FlaskClient, instrument: str = "tok_sandbox_ok") -> dict[str, Any]:
    answer: dict[str, Any] = psp.post("/authorisations", json=request_for(instrument)).get_json()
    return answer


def end(psp: FlaskClient, authorisation: dict[str, Any], kind: str, request_id: str) -> Any:
    return psp.post(f"/authorisations/{authorisation['authorisation_id']}/{kind}", json={"request_id": request_id})


def test_a_good_instrument_is_authorised_and_can_be_found_both_ways(psp: FlaskClient) -> None:
    answer = authorised(psp)
    assert answer["authorisation_id"].startswith("aut_")
    assert answer | {"authorisation_id": "aut"} == {
        "authorisation_id": "aut",
        "request_id": "pay_1:auth",
        "amount_paise": 152500,
        "status": "AUTHORISED",
        "capture": None,
        "void": None,
    }
    assert psp.get("/authorisations?request_id=pay_1:auth").get_json() == answer
    assert psp.get(f"/authorisations/{answer['authorisation_id']}").get_json() == answer


def test_a_declined_instrument_says_why_and_can_be_neither_captured_nor_voided(psp: FlaskClient) -> None:
    answer = authorised(psp, "tok_sandbox_declined")
    assert (answer["status"], answer["reason"]) == ("DECLINED", "insufficient-funds")
    for kind in ("captures", "voids"):
        assert end(psp, answer, kind, "pay_1:end").get_json()["error"] == "not-authorised"


def test_a_pending_instrument_is_authorised_after_ten_minutes(psp: FlaskClient) -> None:
    answer = authorised(psp, "tok_sandbox_pending")
    assert answer["status"] == "PENDING"
    assert end(psp, answer, "captures", "pay_1:cap").status_code == 409
    psp.post("/control/clock", json={"advance_seconds": 600})
    assert psp.get("/authorisations?request_id=pay_1:auth").get_json()["status"] == "AUTHORISED"
    assert end(psp, answer, "captures", "pay_1:cap").get_json()["status"] == "CAPTURED"


def test_a_pending_authorisation_that_is_voided_never_becomes_money(psp: FlaskClient) -> None:
    answer = authorised(psp, "tok_sandbox_pending")
    assert end(psp, answer, "voids", "pay_1:void").get_json()["status"] == "VOIDED"
    psp.post("/control/clock", json={"advance_seconds": 600})
    assert end(psp, answer, "captures", "pay_1:cap").get_json()["error"] == "already-voided"


def test_a_timing_out_instrument_hangs_once_and_is_authorised_30_seconds_later() -> None:
    slept: list[float] = []
    psp = psp_app(NoJournal(), clock=SimulatedClock(lambda: NOON), faults=Faults(slept.append)).test_client()
    for _ in range(2):
        assert authorised(psp, "tok_sandbox_timeout")["status"] == "PENDING"
    assert slept == [35.0]
    psp.post("/control/clock", json={"advance_seconds": 30})
    assert psp.get("/authorisations?request_id=pay_1:auth").get_json()["status"] == "AUTHORISED"


@pytest.mark.parametrize(("kind", "status"), [("captures", "CAPTURED"), ("voids", "VOIDED")])
def test_an_ending_repeated_has_the_same_answer_and_no_second_effect(psp: FlaskClient, kind: str, status: str) -> None:
    answer = authorised(psp)
    first, second = (end(psp, answer, kind, "pay_1:end").get_json() for _ in range(2))
    assert first == second
    assert (first["status"], first["amount_paise"]) == (status, 152500)
    [row] = psp.get("/control/payments").get_json()["payments"]
    assert row[kind.removesuffix("s")]["times_received"] == 2


@pytest.mark.parametrize(("first", "word"), [("captures", "captured"), ("voids", "voided")])
@pytest.mark.parametrize("second", ["captures", "voids"])
def test_an_authorisation_ends_once(psp: FlaskClient, first: str, second: str, word: str) -> None:
    answer = authorised(psp)
    end(psp, answer, first, "pay_1:first")
    refused = end(psp, answer, second, "pay_1:second")
    assert (refused.status_code, refused.get_json()["error"]) == (409, f"already-{word}")


@pytest.mark.parametrize("kind", ["captures", "voids"])
def test_the_same_request_again_is_refused_while_the_first_is_in_progress(kind: str) -> None:
    twins: list[Any] = []
    faults = Faults(lambda _: twins.append(end(psp, answer, kind, "pay_1:end")))
    psp = psp_app(NoJournal(), clock=SimulatedClock(lambda: NOON), faults=faults).test_client()
    answer = authorised(psp)
    psp.post("/control/faults", json={"hang_next": 1})

    first = end(psp, answer, kind, "pay_1:end")

    assert [(twin.status_code, twin.get_json()["error"]) for twin in twins] == [(409, "in-progress")]
    assert end(psp, answer, kind, "pay_1:end").get_json() == first.get_json()


def test_the_same_request_again_finds_the_same_authorisation(psp: FlaskClient) -> None:
    assert authorised(psp) == authorised(psp)
    [row] = psp.get("/control/payments").get_json()["payments"]
    assert (row["times_received"], row["mode"]) == (2, "UPI")


@pytest.mark.parametrize("change", [{"amount_paise": 1}, {"mode": "CARD"}, {"instrument": "tok_sandbox_declined"}])
def test_a_request_id_used_for_another_authorisation_is_refused(psp: FlaskClient, change: dict[str, Any]) -> None:
    authorised(psp)
    refused = psp.post("/authorisations", json=request_for("tok_sandbox_ok") | change)
    assert (refused.status_code, refused.get_json()["error"]) == (409, "request-id-reused")


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"amount_paise": 1525.5}, 400),
        ({"amount_paise": -1}, 400),
        ({"mode": "WALLET"}, 400),
        ({"instrument": "4111111111111111"}, 422),
        ({"request_id": None}, 400),
        ({"cvv": "123"}, 400),
    ],
)
def test_a_bad_authorisation_is_refused_and_leaves_nothing(
    psp: FlaskClient, change: dict[str, Any], status: int
) -> None:
    refused = psp.post("/authorisations", json=request_for("tok_sandbox_ok") | change)
    assert refused.status_code == status
    assert "4111111111111111" not in refused.text
    assert psp.get("/control/payments").get_json()["count"] == 0


def test_what_is_unknown_is_not_found(psp: FlaskClient) -> None:
    assert psp.get("/authorisations/aut_0").status_code == 404
    assert psp.get("/authorisations?request_id=pay_0").status_code == 404
    assert psp.get("/authorisations").status_code == 400
    assert psp.post("/authorisations/aut_0/captures", json={"request_id": "pay_0"}).status_code == 404


def test_a_dropped_answer_leaves_the_money_authorised(psp: FlaskClient) -> None:
    psp.post("/control/faults", json={"drop_response_next": 1})
    with pytest.raises(ConnectionResetError):
        authorised(psp)
    assert psp.get("/authorisations?request_id=pay_1:auth").get_json()["status"] == "AUTHORISED"


def test_a_restart_forgets_neither_authorisations_nor_endings(tmp_path: Path) -> None:
    audits = []
    for start in range(2):
        journal = FileJournal(tmp_path / "psp.jsonl")
        psp = psp_app(journal, clock=SimulatedClock(lambda: NOON), faults=Faults()).test_client()
        if start == 0:
            answer = authorised(psp)
            authorised(psp)
            for _ in range(3):
                end(psp, answer, "captures", "pay_1:cap")
            psp.post("/control/clock", json={"advance_seconds": 90})
        audits.append((psp.get("/control/payments").get_json(), psp.get("/control/clock").get_json()))
        journal.close()
    assert audits[0] == audits[1]
    [row] = audits[1][0]["payments"]
    assert (row["times_received"], row["capture"]["times_received"]) == (2, 3)
