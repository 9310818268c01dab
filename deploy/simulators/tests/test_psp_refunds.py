"""The provider gives back what was captured: in parts, under ids, each once."""

from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from emitra_simulators.controls import SimulatedClock
from emitra_simulators.journal import FileJournal
from emitra_simulators.psp import psp_app


def captured(psp: FlaskClient, instrument: str = "tok_sandbox_ok", name: str = "pay_1") -> str:
    body = {"request_id": f"{name}:auth", "amount_paise": 1000, "mode": "UPI", "instrument": instrument}
    authorisation_id: str = psp.post("/authorisations", json=body).get_json()["authorisation_id"]
    psp.post(f"/authorisations/{authorisation_id}/captures", json={"request_id": f"{name}:capture"})
    return authorisation_id


def refund(psp: FlaskClient, authorisation_id: str, paise: int, request_id: str = "rfd_1:refund") -> Any:
    body = {"request_id": request_id, "amount_paise": paise}
    return psp.post(f"/authorisations/{authorisation_id}/refunds", json=body)


def inquired(psp: FlaskClient, request_id: str = "rfd_1:refund") -> Any:
    return psp.get(f"/refunds?request_id={request_id}")


def test_what_was_captured_goes_back_in_parts_and_no_further(psp: FlaskClient) -> None:
    authorisation_id = captured(psp)
    assert inquired(psp).get_json()["error"] == "unknown-request"

    answer = refund(psp, authorisation_id, 400).get_json()
    assert answer["status"] == "REFUNDED"
    assert answer["authorisation_id"] == authorisation_id
    assert inquired(psp).get_json() == answer
    assert refund(psp, authorisation_id, 601, "rfd_2:refund").get_json()["error"] == "refund-too-high"
    assert refund(psp, authorisation_id, 600, "rfd_2:refund").get_json()["status"] == "REFUNDED"


def test_a_request_id_refunds_once_and_for_one_amount(psp: FlaskClient) -> None:
    authorisation_id = captured(psp)
    first = refund(psp, authorisation_id, 400).get_json()

    assert refund(psp, authorisation_id, 400).get_json() == first
    assert refund(psp, authorisation_id, 300).get_json()["error"] == "request-id-reused"
    (shown,) = psp.get("/control/refunds").get_json()["payments"]
    assert (shown["amount_paise"], shown["times_received"]) == (400, 2)


def test_what_was_not_captured_cannot_go_back(psp: FlaskClient) -> None:
    body = {"request_id": "pay_1:auth", "amount_paise": 1000, "mode": "UPI", "instrument": "tok_sandbox_ok"}
    authorisation_id = psp.post("/authorisations", json=body).get_json()["authorisation_id"]

    assert refund(psp, authorisation_id, 400).get_json()["error"] == "not-captured"
    assert refund(psp, "aut_nobody", 400).status_code == 404


def test_a_refused_refund_says_why_and_uses_nothing_up(psp: FlaskClient) -> None:
    authorisation_id = captured(psp, "tok_sandbox_refund_refused")

    for number in (1, 2):
        answer = refund(psp, authorisation_id, 1000, f"rfd_{number}:refund").get_json()
        assert (answer["status"], answer["reason"]) == ("REFUSED", "account-closed")


@pytest.mark.parametrize(
    ("instrument", "seconds"), [("tok_sandbox_refund_pending", 600), ("tok_sandbox_refund_timeout", 30)]
)
def test_a_late_refund_is_pending_until_it_is_made(psp: FlaskClient, instrument: str, seconds: int) -> None:
    authorisation_id = captured(psp, instrument)

    assert refund(psp, authorisation_id, 1000).get_json()["status"] == "PENDING"
    psp.post("/control/clock", json={"advance_seconds": seconds})
    assert inquired(psp).get_json()["status"] == "REFUNDED"


def test_refunds_outlast_a_restart(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "psp.jsonl")
    psp = psp_app(journal, clock=SimulatedClock()).test_client()
    authorisation_id = captured(psp)
    first = refund(psp, authorisation_id, 400).get_json()
    refund(psp, authorisation_id, 400)
    journal.close()

    journal = FileJournal(tmp_path / "psp.jsonl")
    psp = psp_app(journal, clock=SimulatedClock()).test_client()
    assert inquired(psp).get_json() == first
    assert refund(psp, authorisation_id, 601, "rfd_2:refund").status_code == 409
    (shown,) = psp.get("/control/refunds").get_json()["payments"]
    assert shown["times_received"] == 2
    journal.close()
