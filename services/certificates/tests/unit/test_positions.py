"""On which line of a type's file a thing stands: what tomllib reads is found, on its own line."""

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from certificates.adapters.rulebook.positions import lines_of
from certificates.adapters.rulebook.rulebook_files import SHIPPED_TYPES

TEXT = '''\
plain = 1  # a comment with [[brackets]] and "quotes"
"quoted key" = 'literal # no comment'
dotted.key = 2024-02-29 07:32:00
words = { en = "a } in a text", hi = """
two lines ] """ }
after = """three

lines"""
nested = [[1, 2], [
  3,
  [4],
]]

[table]
inside = true

[[rows]]
name = "first"

[[rows.cells]]
name = "first of the first"

[[rows]]
name = "second"
options = [
    { code = "a", label = { en = "A", hi = "क" } },
    { code = "b" },
]

[[rows.cells]]
name = "first of the second"
[rows.about]
colour = "red"
'''


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in inner:
        yield from places(member, (*path, name))


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("plain",), 1),
        (("quoted key",), 2),
        (("dotted", "key"), 3),
        (("words", "hi"), 4),
        (("after",), 6),
        (("nested", 0), 9),
        (("nested", 1, 0), 10),
        (("nested", 1, 1, 0), 11),
        (("table",), 14),
        (("table", "inside"), 15),
        (("rows",), 17),
        (("rows", 0), 17),
        (("rows", 0, "cells", 0, "name"), 21),
        (("rows", 1), 23),
        (("rows", 1, "options", 0, "label", "hi"), 26),
        (("rows", 1, "options", 1, "code"), 27),
        (("rows", 1, "cells", 0, "name"), 31),
        (("rows", 1, "about", "colour"), 33),
    ],
)
def test_a_thing_is_found_on_its_line(place: tuple[str | int, ...], line: int) -> None:
    assert lines_of(TEXT)[place] == line


@pytest.mark.parametrize("text", [TEXT, *(path.read_text("utf-8") for path in sorted(SHIPPED_TYPES.glob("*.toml")))])
def test_all_that_tomllib_reads_is_found(text: str) -> None:
    assert [place for place in places(tomllib.loads(text)) if place not in lines_of(text)] == []


def test_a_text_without_anything_has_no_lines() -> None:
    assert lines_of("") == lines_of("# nothing\n") == {}


def test_windows_line_ends_count_once() -> None:
    assert lines_of("a = 1\r\nb = 2\r\n") == {("a",): 1, ("b",): 2}
