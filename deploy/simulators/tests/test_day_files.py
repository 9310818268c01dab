"""The files of a day, and the differences that testers order."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient

from emitra_simulators.controls import SimulatedClock
from emitra_simulators.journal import NoJournal
from emitra_simulators.psp import psp_app

NOON = datetime(2026, 11, 23, 6, 30, tzinfo=UTC).timestamp()


@pytest.fixture
def psp() -> FlaskClient:
    """A provider that captured three authorisations of ₹10, and gave ₹1 of the first back."""
    http = psp_app(NoJournal(), clock=SimulatedClock(lambda: NOON)).test_client()
    for number in range(3):
        body = {"request_id": f"{number}:auth", "amount_paise": 1_000, "mode": "UPI", "instrument": "tok_sandbox_ok"}
        authorised = http.post("/authorisations", json=body).get_json()["authorisation_id"]
        http.post(f"/authorisations/{authorised}/captures", json={"request_id": f"{number}:capture"})
        if number == 0:
            http.post(f"/authorisations/{authorised}/refunds", json={"request_id": "r:refund", "amount_paise": 100})
    return http


def lines(http: FlaskClient, day: str = "2026-11-23") -> list[list[str]]:
    answer = http.get(f"/day-files/{day}")
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    header, *rest = csv.reader(io.StringIO(answer.get_data(as_text=True)))
    assert header == ["type", "request_id", "reference", "amount_paise", "at"]
    return rest


def of(rows: list[list[str]]) -> list[list[str]]:
    return [[row[0], row[1], row[3]] for row in rows]


def test_a_file_has_what_was_captured_and_given_back_on_the_day_and_its_totals(psp: FlaskClient) -> None:
    captures = [["CAPTURE", f"{number}:capture", "1000"] for number in range(3)]
    assert of(lines(psp)) == [*captures, ["REFUND", "r:refund", "100"], ["TOTAL", "4", "3100"]]
    assert of(lines(psp, "2026-11-24")) == [["TOTAL", "0", "0"]]


@pytest.mark.parametrize(
    ("differences", "told"),
    [
        ({"missing": 2}, [["CAPTURE", "2:capture", "1000"], ["REFUND", "r:refund", "100"], ["TOTAL", "2", "1100"]]),
        ({"missing": 3, "altered": 1}, [["REFUND", "r:refund", "101"], ["TOTAL", "1", "101"]]),
        ({"missing": 3, "broken": 1}, [["REFUND", "r:refund", "12,3x"], ["TOTAL", "1", "100"]]),
        ({"missing": 3, "doubled": 1}, [["REFUND", "r:refund", "100"]] * 2 + [["TOTAL", "2", "200"]]),
        ({"missing": 4, "extra": 1}, [["PAYMENT", f"pay_nobodys{0:021d}:post", "100"], ["TOTAL", "1", "100"]]),
        ({"missing": 4, "wrong_totals": True}, [["TOTAL", "1", "0"]]),
    ],
)
def test_differences_are_made_as_they_are_ordered(psp: FlaskClient, differences: dict[str, Any], told: Any) -> None:
    assert psp.post("/control/files", json=differences).status_code == 200
    assert of(lines(psp)) == told
    psp.post("/control/files", json={})
    assert len(lines(psp)) == 5


def test_what_is_no_day_is_refused(psp: FlaskClient) -> None:
    assert psp.get("/day-files/yesterday").status_code == 400
