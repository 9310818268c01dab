"""A file of courts, read: everything that is wrong with it is told, each with its line."""

import csv
import io
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date

from revenue_courts.domain.courts import Court, Level
from revenue_courts.domain.label import Label

COLUMNS = (
    "code", "level", "name", "name_hi", "districts", "tehsils", "kinds", "presiding_posts", "reader_posts",
    "process_posts", "offices", "begins", "ends", "source", "source_hi",
)  # fmt: skip
MOST_COURTS = 5_000  # about 1,330 are known
LONGEST = 200
EVERYTHING = "*"
_CODE = re.compile(r"[a-z][a-z0-9-]{1,39}", re.ASCII)
_DISTRICT = re.compile(r"[1-9][0-9]{0,2}", re.ASCII)
# What a spreadsheet would run.
_FORMULA = ("=", "+", "-", "@")


def read_courts(text: str, kinds: Collection[str], *, sandbox: bool = False) -> tuple[list[Court], list[str]]:
    """The courts, and what is wrong, one sentence each: `line 4: level: …`. With a problem no court is to be kept.

    Several values of a column have `;` between them; `*` is all there are. `begins` and `ends` are ISO days or empty.
    """
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    courts: list[Court] = []
    problems: list[str] = []
    lines: dict[str, int] = {}
    try:
        if tuple(rows.fieldnames or ()) != COLUMNS:
            return [], [f"line 1: the columns must be: {','.join(COLUMNS)}"]
        for row in rows:
            wrong = list(_wrong(row, kinds))
            code = row["code"] or ""
            if code in lines:
                wrong.append(f"code: {code} stands on line {lines[code]} already")
            lines.setdefault(code, rows.line_num)
            problems += [f"line {rows.line_num}: {one}" for one in wrong]
            if not wrong:
                courts.append(_court(row, sandbox=sandbox))
            if len(lines) > MOST_COURTS:
                return [], [f"line {rows.line_num}: a file has at most {MOST_COURTS} courts; divide it"]
    except csv.Error as error:
        problems.append(f"line {rows.line_num}: {error}")
    return courts, problems


def _wrong(row: Mapping[str | None, str | None], kinds: Collection[str]) -> Iterator[str]:
    if None in row or None in row.values():
        yield f"must have {len(COLUMNS)} columns; a comma inside a text needs double quotes around it"
        return
    yield from _wrong_texts(row)
    if not _CODE.fullmatch(row["code"] or ""):
        yield "code: must be 2 to 40 small letters, digits and hyphens, a letter first"
    if row["level"] not in list(Level):
        yield f"level: must be one of: {', '.join(Level)}"
    for district in _several(row["districts"]):
        if not _DISTRICT.fullmatch(district):
            yield f"districts: {district[:10]!r} is no LGD code such as 102"
    for kind in _several(row["kinds"]):
        if kind not in kinds:
            yield f"kinds: there is no kind {kind[:40]!r}"
    yield from _wrong_days(row)


def _wrong_texts(row: Mapping[str | None, str | None]) -> Iterator[str]:
    for name in ("code", "level", "name", "name_hi", "districts", "tehsils", "kinds", "presiding_posts", "reader_posts",
                 "process_posts", "offices", "source", "source_hi"):  # fmt: skip
        value = row[name] or ""
        if not value.strip() and name not in ("process_posts", "offices"):
            yield f"{name}: must not be empty"
        elif len(value) > LONGEST and name not in ("districts", "tehsils", "kinds"):
            yield f"{name}: must have at most {LONGEST} characters"
        elif value.startswith(_FORMULA):
            yield f"{name}: must not begin with = + - or @"


def _wrong_days(row: Mapping[str | None, str | None]) -> Iterator[str]:
    days = {}
    for name in ("begins", "ends"):
        try:
            days[name] = _day(row[name])
        except ValueError:
            yield f"{name}: must be a day such as 2026-04-01, or empty"
    begins, ends = days.get("begins"), days.get("ends")
    if begins and ends and ends < begins:
        yield "ends: must not be before begins"


def _court(row: Mapping[str | None, str | None], *, sandbox: bool) -> Court:
    def text(name: str) -> str:
        return (row[name] or "").strip()

    return Court(
        code=text("code"),
        level=Level(text("level")),
        name=Label(text("name"), text("name_hi")),
        districts=frozenset(_several(row["districts"])),
        tehsils=frozenset(_several(row["tehsils"])),
        kinds=frozenset(_several(row["kinds"])),
        presiding_posts=frozenset(_several(row["presiding_posts"])),
        reader_posts=frozenset(_several(row["reader_posts"])),
        process_posts=frozenset(_several(row["process_posts"])),
        offices=frozenset(_several(row["offices"])),
        begins=_day(row["begins"]),
        ends=_day(row["ends"]),
        source=Label(text("source"), text("source_hi")),
        sandbox=sandbox,
    )


def _several(value: str | None) -> Sequence[str]:
    text = (value or "").strip()
    return () if text == EVERYTHING else [part.strip() for part in text.split(";") if part.strip()]


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None
