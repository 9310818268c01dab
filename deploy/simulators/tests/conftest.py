"""Simulators with a clock that stands still and a sleep that is only recorded."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from tests.support.biller_under_test import NOON, BillerUnderTest, RecordedCallbacks, StartBiller

from emitra_simulators.biller import biller_app
from emitra_simulators.controls import Faults, SimulatedClock
from emitra_simulators.journal import FileJournal, NoJournal
from emitra_simulators.psp import psp_app


@pytest.fixture
def start_biller() -> Iterator[StartBiller]:
    """Starts a biller simulator; one that is started again with the same state file remembers."""
    journals: list[FileJournal] = []

    def start(state: Path | None = None) -> BillerUnderTest:
        for journal in journals:
            journal.close()
        journals.clear()
        if state:
            journals.append(FileJournal(state))
        slept: list[float] = []
        callbacks = RecordedCallbacks()
        app = biller_app(
            journals[0] if journals else NoJournal(),
            callbacks=callbacks,
            clock=SimulatedClock(lambda: NOON),
            faults=Faults(slept.append),
        )
        return BillerUnderTest(app.test_client(), slept, callbacks)

    yield start
    for journal in journals:
        journal.close()


@pytest.fixture
def biller(start_biller: StartBiller) -> BillerUnderTest:
    return start_biller()


@pytest.fixture
def psp() -> FlaskClient:
    return psp_app(NoJournal(), clock=SimulatedClock(lambda: NOON), faults=Faults(lambda _: None)).test_client()
