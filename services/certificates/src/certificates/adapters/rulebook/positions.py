"""On which line of a TOML file each of its values stands.

tomllib, which reads the files, does not say. This walks over the tokens of a text that tomllib has read, so it need not
know what is no TOML.
"""

import re
from collections.abc import Iterator

Path = tuple[str | int, ...]

_TOKEN = re.compile(
    r"""(?P<text>\"{3}(?:\\.|[^\\])*?\"{3,5}|'{3}.*?'{3,5}|"(?:\\.|[^"\\])*"|'[^']*')"""
    r"""|(?P<skip>\#[^\n]*|[ \t\r]+)|(?P<sign>\[\[|\]\]|[\[\]{},=\n])|(?P<bare>[^\s\[\]{},=#"']+)""",
    re.DOTALL,
)


def lines_of(text: str) -> dict[Path, int]:
    """The line, from 1, of each table, array, element and value, by its path as tomllib nests it."""
    return _Walk(text).lines


class _Walk:
    def __init__(self, text: str) -> None:
        self.lines: dict[Path, int] = {}
        self._tokens = list(_tokens(text))
        self._place = 0
        self._arrays: dict[Path, int] = {}
        table: Path = ()
        while self._place < len(self._tokens):
            match self._sign():
                case "\n":
                    self._place += 1
                case "[" | "[[":
                    table = self._header()
                case _:
                    self._member(table)

    def _sign(self) -> str:
        return self._tokens[self._place][1] if self._place < len(self._tokens) else ""

    def _next(self) -> tuple[int, str]:
        self._place += 1
        return self._tokens[self._place - 1]

    def _header(self) -> Path:
        line, sign = self._next()
        path = self._resolved(self._key())
        self._next()
        if sign == "[[":
            count = self._arrays.get(path, -1) + 1
            self._arrays[path] = count
            self.lines.setdefault(path, line)
            path = (*path, count)
        self.lines[path] = line
        return path

    def _resolved(self, names: Path) -> Path:
        """A header leads through the last element of each array of tables that it names."""
        path: Path = ()
        for place, name in enumerate(names):
            path = (*path, name)
            if place < len(names) - 1 and path in self._arrays:
                path = (*path, self._arrays[path])
        return path

    def _key(self) -> Path:
        names: list[str | int] = []
        while self._sign() not in {"=", "]", "]]"}:
            text = self._next()[1]
            names += [text[1:-1]] if text[0] in "\"'" else [name for name in text.split(".") if name]
        return tuple(names)

    def _member(self, table: Path) -> None:
        line = self._tokens[self._place][0]
        path = table
        for name in self._key():
            path = (*path, name)
            self.lines.setdefault(path, line)
        self._next()
        self._value(path)

    def _value(self, path: Path) -> None:
        while self._sign() == "\n":
            self._next()
        line, sign = self._next()
        self.lines.setdefault(path, line)
        if sign == "[[":  # an array in an array, which is no header here
            self._place -= 1
            self._tokens[self._place : self._place + 1] = [(line, "["), (line, "[")]
            _, sign = self._next()
        if sign == "[":
            self._elements(path)
        elif sign == "{":
            while self._sign() != "}":
                if self._sign() in {",", "\n"}:
                    self._next()
                else:
                    self._member(path)
            self._next()
        else:  # a date and a time may have a space between them
            while self._sign() not in {"", "\n", ",", "]", "}", "]]"}:
                self._next()

    def _elements(self, path: Path) -> None:
        count = 0
        while self._sign() not in {"]", "]]"}:
            if self._sign() in {",", "\n"}:
                self._next()
            else:
                self._value((*path, count))
                count += 1
        if self._sign() == "]]":  # the end of this array, and of the one around it
            line, _ = self._tokens[self._place]
            self._tokens[self._place : self._place + 1] = [(line, "]"), (line, "]")]
        self._next()


def _tokens(text: str) -> Iterator[tuple[int, str]]:
    line = 1
    for match in _TOKEN.finditer(text):
        if match.lastgroup != "skip":
            yield line, match[0]
        line += match[0].count("\n")
