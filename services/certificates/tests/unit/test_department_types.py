"""A department's own folder: looked at while the service runs, and never worse than what was last good."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.builders import RULEBOOK
from tests.support.sample_type import GOOD

from certificates.adapters.rulebook import department_types
from certificates.adapters.rulebook.department_types import LOOK_EVERY_SECONDS, DepartmentTypes
from certificates.adapters.rulebook.rulebook_files import RulebookInvalid

SHIPPED = dict(RULEBOOK.types)
START = 2_000_000_000.0


class Folder:
    """A department's folder and the wall clock: what is written is an hour old, unless it is said otherwise."""

    def __init__(self, path: Path) -> None:
        self.path, self.now, self.written = path, START, 0

    def write(self, text: str, code: str = "sample", at: float | None = None) -> None:
        file = self.path / f"{code}.toml"
        file.write_text(text, encoding="utf-8")
        self.written += 1
        when = START - 3_600 + self.written if at is None else at
        os.utime(file, (when, when))

    def types(self) -> DepartmentTypes:
        return DepartmentTypes(SHIPPED, self.path, lambda: self.now)

    def later(self, seconds: float = LOOK_EVERY_SECONDS) -> None:
        self.now += seconds


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """What is logged as refused, in order."""
    lines: list[dict[str, object]] = []
    error: Callable[..., None] = lambda _event, **members: lines.append(members)  # noqa: E731
    monkeypatch.setattr(department_types._log, "error", error, raising=False)
    return lines


def test_the_types_of_the_folder_stand_beside_those_that_are_shipped(folder: Folder) -> None:
    folder.write(GOOD)
    types = folder.types()
    assert set(types) == {*SHIPPED, "sample"}
    assert len(types) == len(SHIPPED) + 1
    assert types["domicile"] is SHIPPED["domicile"]


def test_an_empty_folder_is_none_too_few(folder: Folder) -> None:
    assert set(folder.types()) == set(SHIPPED)


def test_a_new_file_is_a_new_type_without_a_restart(folder: Folder) -> None:
    types = folder.types()
    folder.write(GOOD)
    assert "sample" not in types
    folder.later()
    assert types["sample"].title.en == "Sample paper"


def test_a_changed_file_counts_from_the_next_look(folder: Folder) -> None:
    folder.write(GOOD)
    types = folder.types()
    folder.write(GOOD.replace("Sample paper", "Another paper"))
    folder.later(LOOK_EVERY_SECONDS - 0.1)
    assert types["sample"].title.en == "Sample paper"
    folder.later(0.1)
    assert types["sample"].title.en == "Another paper"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("code = ", "is not TOML"),
        (GOOD.replace("working_days = 1", "working_days = 0"), "steps.0.working_days"),
        (GOOD.replace('hi = "विवरण"', 'hi = "Detail"'), "not written in Hindi"),
        (GOOD.replace('en = "Proof"', 'en = "Caste certificate of the father"'), "Ask once"),
        (GOOD.replace('"SMP"', '"DOM"'), "prefix 'DOM' belongs to more than one type"),
        (GOOD.replace('"SMP"', '"SMQ"'), "is on papers and must stay SMP"),
        (GOOD.replace('name = "entry"', 'name = "record"'), "steps: entry may be in use and must stay"),
        (GOOD.replace('types = ["domicile"]', 'types = ["pedigree"]'), "there is no type pedigree"),
        (GOOD.replace('code = "sample"', 'code = "simple"'), "the file must be named after it"),
    ],
)
def test_a_broken_file_is_refused_and_told_once_while_the_last_good_stays(
    folder: Folder, told: list[dict[str, object]], text: str, why: str
) -> None:
    folder.write(GOOD)
    types = folder.types()
    good = types["sample"]
    folder.write(text)
    for _ in range(3):
        folder.later()
        assert types["sample"] is good
    (line,) = told
    assert line["application_type"] == "sample"
    assert line["last_good_kept"] is True
    assert why in str(line["problems"])
    # Mended, it counts again.
    folder.write(GOOD.replace("Sample paper", "Mended paper"))
    folder.later()
    assert types["sample"].title.en == "Mended paper"


def test_a_new_file_that_is_broken_takes_nothing_away(folder: Folder, told: list[dict[str, object]]) -> None:
    types = folder.types()
    folder.write(GOOD.replace("at_most = 3", "at_most = 0"))
    folder.later()
    assert set(types) == set(SHIPPED)
    assert told[0]["last_good_kept"] is False


def test_a_file_that_is_gone_leaves_its_type_to_the_applications_that_are_on_the_way(
    folder: Folder, told: list[dict[str, object]]
) -> None:
    folder.write(GOOD)
    types = folder.types()
    (folder.path / "sample.toml").unlink()
    for _ in range(2):
        folder.later()
        assert types["sample"].code == "sample"
    assert [line["application_type"] for line in told] == ["sample"]
    folder.write(GOOD.replace("Sample paper", "Back again"))
    folder.later()
    assert types["sample"].title.en == "Back again"


def test_a_file_that_is_being_written_is_not_read_yet(folder: Folder, told: list[dict[str, object]]) -> None:
    types = folder.types()
    folder.write(GOOD[:200], at=START + LOOK_EVERY_SECONDS - 0.5)
    folder.later()
    assert told == []
    folder.write(GOOD, at=START + LOOK_EVERY_SECONDS + 0.5)
    folder.later()
    assert "sample" in types
    assert told == []


def test_a_folder_that_cannot_be_read_leaves_everything(folder: Folder) -> None:
    folder.write(GOOD)
    types = folder.types()
    folder.path.rename(folder.path.with_name("elsewhere"))
    folder.later()
    assert "sample" in types


def test_at_the_start_a_broken_folder_stops_the_service_with_all_that_is_wrong(folder: Folder) -> None:
    folder.write(GOOD.replace("at_most = 3", "at_most = 0").replace("working_days = 1", "working_days = 0"))
    with pytest.raises(RulebookInvalid) as refused:
        folder.types()
    assert [problem.split(": ")[1] for problem in refused.value.problems] == [
        "groups.0.at_most",
        "steps.0.working_days",
    ]


def test_a_folder_that_is_none_stops_the_service(tmp_path: Path) -> None:
    with pytest.raises(RulebookInvalid, match="is no folder"):
        DepartmentTypes(SHIPPED, tmp_path / "nowhere")
