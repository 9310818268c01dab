"""A journey is made when the services it needs are well; what goes wrong in it is told and ends nothing."""

import io
from collections.abc import Callable
from typing import Any

import pytest
import urllib3
from rich.console import Console

from emitra_client import UnexpectedAnswer
from emitra_local import journeys
from emitra_local.journeys import JourneyFailed, Outcome

ALL = ("gateway", "identity", "billing", "certificates", "kiosk-registry")
INFO = {"gateway_url": "http://127.0.0.1:1", "clients": []}


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The journeys that were made, which do nothing but say so."""
    names: list[str] = []
    for name, (_, needed) in list(journeys._JOURNEYS.items()):

        def journey(_client: object, _account: object, name: str = name) -> str:
            names.append(name)
            return f"http://127.0.0.1:1/{name}"

        monkeypatch.setitem(journeys._JOURNEYS, name, (journey, needed))
    return names


def attempt(well: tuple[str, ...], before: dict[str, Outcome] | None = None) -> dict[str, Outcome]:
    return journeys.attempt(INFO, Console(file=io.StringIO()), well, before)


@pytest.mark.parametrize(
    ("missing", "names", "why"),
    [
        ("", ["payment", "certificate"], {}),
        ("kiosk-registry", ["payment", "certificate"], {}),
        ("certificates", ["payment"], {"certificate": "certificates"}),
        ("billing", [], {"payment": "billing", "certificate": "billing"}),
        ("gateway", [], {"payment": "gateway", "certificate": "gateway"}),
    ],
)
def test_what_needs_a_service_that_is_not_well_waits(
    made: list[str], missing: str, names: list[str], why: dict[str, str]
) -> None:
    outcomes = attempt(tuple(service for service in ALL if service != missing))
    assert made == names
    waiting = {name: outcome.text for name, outcome in outcomes.items() if outcome.waits}
    assert waiting == {name: f"not made, for it needs {service}" for name, service in why.items()}


def test_what_waited_is_made_when_all_are_well_and_nothing_is_made_twice(made: list[str]) -> None:
    before = attempt(tuple(service for service in ALL if service != "certificates"))
    outcomes = attempt(ALL, before)
    assert made == ["payment", "certificate"]
    assert outcomes["payment"] is before["payment"]
    assert outcomes["certificate"] == Outcome("http://127.0.0.1:1/certificate")
    assert attempt(ALL, outcomes) == outcomes
    assert made == ["payment", "certificate"]


def raising(error: Exception) -> Callable[..., Any]:
    def journey(*_: object) -> str:
        raise error

    return journey


@pytest.mark.parametrize(
    "error",
    [
        JourneyFailed("no bill"),
        UnexpectedAnswer("GET /v1/billers answered 500"),
        urllib3.exceptions.ProtocolError("connection lost"),
        KeyError("bills"),
        IndexError("bills"),
        TypeError("bills"),
        ValueError("bills"),
    ],
)
def test_a_journey_that_fails_is_told_and_the_next_one_is_made(
    made: list[str], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setitem(journeys._JOURNEYS, "payment", (raising(error), ("billing",)))
    outcomes = attempt(ALL)
    assert (outcomes["payment"].failed, outcomes["certificate"].failed) == (True, False)
    assert str(error) in outcomes["payment"].text
    assert made == ["certificate"]
