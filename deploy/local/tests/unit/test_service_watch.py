"""When a service is told to be broken, and when to be well. The stack is a record of what was asked of it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from emitra_local.service_watch import LOOKS_THAT_MEAN_BROKEN, ServiceWatch


@dataclass
class RecordedStack:
    """One service, `parking`, with a file; `away` are its programs that do not answer."""

    root: Path
    broken: dict[str, str] = field(default_factory=dict)
    away: list[str] = field(default_factory=list)
    tried: int = 0
    is_mended: bool = True
    chosen: tuple[str, ...] = ("parking",)

    @property
    def supervisor(self) -> "RecordedStack":
        return self

    def log_tail(self, program: str) -> str:
        return f"the log of {program}"

    def is_started(self, service: str) -> bool:
        return self.broken.get(service) != "does not import"

    def unready_of(self, service: str) -> list[str]:
        return self.away if self.is_started(service) else []

    def try_again(self, service: str) -> None:
        self.tried += 1
        if self.is_mended:
            del self.broken[service]


@pytest.fixture
def stack(tmp_path: Path) -> RecordedStack:
    source = tmp_path / "services" / "parking" / "src"
    source.mkdir(parents=True)
    (source / "parking.py").write_text("1")
    return RecordedStack(tmp_path)


def looked(stack: RecordedStack, *states: list[str]) -> list[tuple[str, str]]:
    """What is told when the programs are away as the states say, one look each."""
    told: list[tuple[str, str]] = []
    watch = ServiceWatch(cast(Any, stack), lambda name, fault: told.append((name, fault)))
    for state in states:
        stack.away = state
        watch.look()
    return told


AWAY = ["parking-api"]


def test_who_is_away_for_a_moment_is_not_told_of(stack: RecordedStack) -> None:
    moments = [*[AWAY] * (LOOKS_THAT_MEAN_BROKEN - 1), []] * 2
    assert looked(stack, *moments) == []


def test_who_stays_away_is_told_of_once_and_again_when_it_is_back(stack: RecordedStack) -> None:
    told = looked(stack, *[AWAY] * (LOOKS_THAT_MEAN_BROKEN + 3), [], [])
    assert [name for name, _ in told] == ["parking", "parking"]
    assert told[0][1] == "parking-api did not answer for a while. The end of its log:\nthe log of parking-api"
    assert told[1][1] == ""
    assert (stack.broken, stack.tried) == ({}, 0)


def test_one_that_was_never_started_is_tried_when_its_files_change_and_not_before(stack: RecordedStack) -> None:
    stack.broken = {"parking": "does not import"}
    told: list[tuple[str, str]] = []
    watch = ServiceWatch(cast(Any, stack), lambda name, fault: told.append((name, fault)))
    watch.look()
    assert (stack.tried, told) == (0, [])

    stack.is_mended = False
    (stack.root / "services" / "parking" / "src" / "parking.py").write_text("still wrong")
    watch.look()
    watch.look()
    assert (stack.tried, told) == (1, [("parking", "does not import")])

    stack.is_mended = True
    (stack.root / "services" / "parking" / "src" / "another.py").write_text("right")
    watch.look()
    assert (stack.tried, told[1:]) == (2, [("parking", "")])


@pytest.mark.parametrize("file", ["tests/test_it.py", "src/__pycache__/parking.pyc"])
def test_tests_and_bytecode_are_nothing_to_try_for(stack: RecordedStack, file: str) -> None:
    stack.broken = {"parking": "does not import"}
    watch = ServiceWatch(cast(Any, stack), lambda *_: None)
    path = stack.root / "services" / "parking" / file
    path.parent.mkdir(parents=True)
    path.write_text("new")
    watch.look()
    assert stack.tried == 0
