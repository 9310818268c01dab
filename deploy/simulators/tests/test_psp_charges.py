"""The provider takes money at once, under ids, each once."""

from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from emitra_simulators.controls import SimulatedClock
from emitra_simulators.journal import FileJournal
from emitra_simulators.psp import psp_app


def charge(psp: FlaskClient, paise: int = 1000, instrument: str = "tok_sandbox_ok", request_id: str = "top_1") -> Any:
    body = {"request_id": request_id, "amount_paise": paise, "mode": "UPI", "instrument": instrument}
    return psp.post("/charges", json=body)


def inquired(psp: FlaskClient, request_id: str = "top_1") -> Any:
    return psp.get(f"/charges?request_id={request_id}")


def test_a_request_id_takes_money_once_and_one_amount(psp: FlaskClient) -> None:
    assert inquired(psp).get_json()["error"] == "unknown-request"

    first = charge(psp).get_json()

    assert first["status"] == "CHARGED"
    assert charge(psp).get_json() == inquired(psp).get_json() == first
    assert charge(psp, 999).get_json()["error"] == "request-id-reused"
    (shown,) = psp.get("/control/charges").get_json()["payments"]
    assert (shown["amount_paise"], shown["times_received"], shown["status"]) == (1000, 2, "CHARGED")


def test_what_is_declined_says_why(psp: FlaskClient) -> None:
    answer = charge(psp, instrument="tok_sandbox_declined").get_json()
    assert (answer["status"], answer["reason"]) == ("DECLINED", "insufficient-funds")
    assert charge(psp, instrument="tok_nobodys", request_id="top_2").status_code == 422


@pytest.mark.parametrize(("instrument", "seconds"), [("tok_sandbox_pending", 600)])
def test_a_charge_may_take_its_time(psp: FlaskClient, instrument: str, seconds: int) -> None:
    assert charge(psp, instrument=instrument).get_json()["status"] == "PENDING"
    psp.post("/control/clock", json={"advance_seconds": seconds - 1})
    assert inquired(psp).get_json()["status"] == "PENDING"
    psp.post("/control/clock", json={"advance_seconds": 2})
    assert inquired(psp).get_json()["status"] == "CHARGED"


def test_charges_outlast_a_restart(tmp_path: Path) -> None:
    def started() -> tuple[FlaskClient, FileJournal]:
        journal = FileJournal(tmp_path / "psp.journal")
        return psp_app(journal, clock=SimulatedClock()).test_client(), journal

    psp, journal = started()
    first = charge(psp).get_json()
    charge(psp)
    journal.close()

    again, journal = started()
    assert inquired(again).get_json() == first
    (shown,) = again.get("/control/charges").get_json()["payments"]
    assert shown["times_received"] == 2
    journal.close()
