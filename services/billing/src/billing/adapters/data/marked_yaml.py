"""YAML (and so JSON) whose every part knows its line, so that whoever keeps a file is told where it is wrong.

Scalars are text, whole numbers, true, false or null, and nothing else: no dates, no `no` that means false. Aliases,
tags and repeated names are refused: a file that is short has to stay short, and what it says has to stand there.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from marshmallow import Schema, ValidationError

# A thousand billers.
MOST_CHARACTERS = 1_000_000
_DEEPEST = 12
_WHOLE_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
# How marshmallow says that something is wrong with a whole schema, or with a key or a value of a mapping.
_NO_PLACE = ("_schema", "key", "value")
_WORDS: dict[str, object] = {"true": True, "false": False, "null": None, "": None}
Place = tuple[str | int, ...]


@dataclass(frozen=True)
class FileProblem:
    """One thing wrong with one file: `line` counts from 1, `place` names the part (empty: the whole file)."""

    file: str
    line: int
    place: str
    detail: str

    def __str__(self) -> str:
        return (
            f"{self.file}:{self.line}: {self.place}: {self.detail}"
            if self.place
            else f"{self.file}:{self.line}: {self.detail}"
        )


class BadFile(Exception):
    """A file cannot be used; `problems` has everything that is wrong with it."""

    def __init__(self, problems: Sequence[FileProblem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class Marked:
    """A document, and the line of each of its parts."""

    file: str
    value: Any
    lines: Mapping[Place, int]

    def problem(self, place: Place, detail: str) -> FileProblem:
        """A problem at a place, or at the nearest part around it that the file has."""
        nearest = place
        while nearest not in self.lines:
            nearest = nearest[:-1]
        return FileProblem(self.file, self.lines[nearest], _written(place), detail)

    def load(self, schema: Schema) -> Any:
        """What the schema makes of it. Raises BadFile, with the line of each problem."""
        try:
            return schema.load(self.value)
        except ValidationError as error:
            told = [self.problem(place, detail) for place, detail in _told(error.normalized_messages())]
            raise BadFile(sorted(told, key=lambda problem: problem.line)) from None


def read_marked(file: str, text: str) -> Marked:
    """The document in `text`; `file` is its name in problems. Raises BadFile."""
    if len(text) > MOST_CHARACTERS:
        raise BadFile([FileProblem(file, 1, "", f"A file has at most {MOST_CHARACTERS} characters.")])
    lines: dict[Place, int] = {}
    try:
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
        if node is None:
            raise BadFile([FileProblem(file, 1, "", "The file is empty.")])
        value = _value(file, node, (), lines, set())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        detail = f"This is not YAML: {error.problem or error.context}."
        raise BadFile([FileProblem(file, mark.line + 1 if mark else 1, "", detail)]) from None
    except (yaml.YAMLError, RecursionError):
        raise BadFile([FileProblem(file, 1, "", "This is not YAML.")]) from None
    if not isinstance(value, dict):
        raise BadFile([FileProblem(file, 1, "", "The file must consist of names and values.")])
    return Marked(file, value, lines)


def _value(file: str, node: yaml.Node, place: Place, lines: dict[Place, int], seen: set[int]) -> Any:
    line = node.start_mark.line + 1
    lines.setdefault(place, line)

    def refuse(detail: str) -> BadFile:
        return BadFile([FileProblem(file, line, _written(place), detail)])

    if id(node) in seen:
        raise refuse("Aliases are not used here: write it out.")
    seen.add(id(node))
    if len(place) > _DEEPEST:
        raise refuse("This is nested too deeply.")
    if not node.tag.startswith("tag:yaml.org,2002:") or ":python/" in node.tag:
        raise refuse("Tags are not used here.")
    if isinstance(node, yaml.MappingNode):
        value: dict[str, Any] = {}
        for key, inner in node.value:
            name = key.value
            if not isinstance(name, str):
                raise refuse("A name is a text.")
            if name in value:
                raise BadFile([FileProblem(file, key.start_mark.line + 1, _written((*place, name)), "Named twice.")])
            lines[(*place, name)] = key.start_mark.line + 1
            value[name] = _value(file, inner, (*place, name), lines, seen)
        return value
    if isinstance(node, yaml.SequenceNode):
        return [_value(file, inner, (*place, number), lines, seen) for number, inner in enumerate(node.value)]
    text: str = node.value
    if isinstance(node, yaml.ScalarNode) and not node.style:  # plain: neither quoted nor a block
        if text in _WORDS:
            return _WORDS[text]
        if _WHOLE_NUMBER.fullmatch(text):
            return int(text)
    return text


def _told(messages: object, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Marshmallow's messages, one by one with their places."""
    if isinstance(messages, dict):
        for name, inner in messages.items():
            yield from _told(inner, place if name in _NO_PLACE else (*place, name))
    elif isinstance(messages, list):
        for inner in messages:
            yield from _told(inner, place)
    else:
        yield place, str(messages)


def _written(place: Place) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
