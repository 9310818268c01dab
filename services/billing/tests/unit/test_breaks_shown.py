"""Every break is told to people, whatever opened it."""

import pytest
from tests.support.builders import NOW

from billing.domain.breaks.ending import StoredBreak
from billing.domain.payments.breaks import BreakKind
from billing.entrypoints.http.breaks.views import summary_view


@pytest.mark.parametrize("kind", BreakKind)
def test_every_kind_of_break_is_said_in_both_languages(kind: BreakKind) -> None:
    row = StoredBreak(f"x:{kind}", kind, "x", None, None, "", NOW, NOW, "operations", is_open=True)
    told = summary_view(row, NOW)
    assert told["kind"] == kind.value
    assert told["says"] != told["says_hi"]
    assert any("\u0900" <= letter <= "\u097f" for letter in told["says_hi"])
