"""How far a load is, as a person at a terminal and a reader of a log see it."""

from io import StringIO

from rich.console import Console

from kiosk_registry.adapters.data.district_facts import districts
from kiosk_registry.application.register.load_centres import Loaded
from kiosk_registry.entrypoints.progress import progress

KOTA, TONK = (next(each for each in districts() if each.name_en == name) for name in ("Kota", "Tonk"))


def shown(*, terminal: bool) -> str:
    """What is seen of a load of 40 centres in two districts."""
    seen = StringIO()
    with progress(40, Console(file=seen, force_terminal=terminal, color_system=None, width=80)) as tell:
        tell(KOTA, Loaded(total=30, added=30, raised=0))
        tell(TONK, Loaded(total=10, added=0, raised=0))
    return seen.getvalue()


def test_a_terminal_shows_one_bar_that_ends_full() -> None:
    # Each drawing of the bar begins at the left edge of the same line.
    last = shown(terminal=True).rpartition("\r")[2]

    assert "centres" in last
    assert "━━━" in last
    assert "40/40" in last


def test_a_log_gets_a_line_per_district() -> None:
    assert shown(terminal=False).splitlines() == ["Kota: 30 added, 30 of 40", "Tonk: 0 added, 40 of 40"]
