"""What is wrong with a type's file although it loads: words in the wrong language, and what the state asks twice."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from certificates.adapters.rulebook.positions import Path as TomlPath
from certificates.adapters.rulebook.positions import lines_of
from certificates.adapters.rulebook.rulebook_files import Types, line_of, load_types
from certificates.domain.types.application_type import ApplicationType

_DEVANAGARI = range(0x0900, 0x0980)


def lint_types(folder: Path, beside: Mapping[str, ApplicationType]) -> list[str]:
    """Everything that is wrong with the files of a folder, `name:line: place: what`, those that do not load first.

    `beside` are the types of the state that are loaded from elsewhere.
    """
    problems: list[str] = []
    loaded: Types = load_types(folder, problems, beside)
    known = {**beside, **loaded}
    for path in sorted(folder.glob("*.toml")):
        if path.stem in loaded:
            problems.extend(lint_file(path, known.values()))
    return problems


def lint_file(path: Path, known: Iterable[ApplicationType]) -> list[str]:
    """The lines of one file that loads; `known` are the types of the state."""
    text = path.read_text(encoding="utf-8")
    content, lines = tomllib.loads(text), lines_of(text)
    slips = [*_wrong_languages(content), *_asked_twice(content, known)]
    return [f"{path.name}:{line_of(lines, place)}: {'.'.join(map(str, place))}: {told}" for place, told in slips]


def _wrong_languages(content: Mapping[str, Any]) -> Iterator[tuple[TomlPath, str]]:
    for place, value in _walk(content):
        if place[-1:] == ("hi",) and not _has_devanagari(value):
            yield place, "Is not written in Hindi."
        if place[-1:] == ("en",) and _has_devanagari(value):
            yield place, "Is not written in English."
    for number, fee in enumerate(content["fees"]):
        if not _has_devanagari(fee.get("order_hi", "")):
            yield ("fees", number, "order_hi"), "The order has no name in Hindi."


def _asked_twice(content: Mapping[str, Any], known: Iterable[ApplicationType]) -> Iterator[tuple[TomlPath, str]]:
    """Papers that say of themselves that the state did not issue them, and are named like those that it does."""
    titles = {title.casefold(): kind for kind in known for title in (kind.title.en, kind.title.hi)}
    for number, document in enumerate(content.get("documents", ())):
        papers: list[tuple[TomlPath, Mapping[str, Any]]] = [(("documents", number), document)]
        papers += [(("documents", number, "any_of", n), paper) for n, paper in enumerate(document.get("any_of", ()))]
        for place, paper in papers:
            words = " ".join(paper["label"].values()).casefold()
            if title := next((title for title in titles if title in words), None):
                told = f"Ask once: the state issues this itself ({titles[title].code}); ask for its number in a field."
                yield (*place, "label"), told


def _walk(value: Any, place: TomlPath = ()) -> Iterator[tuple[TomlPath, str]]:
    if isinstance(value, str):
        yield place, value
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        yield from _walk(member, (*place, name))


def _has_devanagari(text: str) -> bool:
    return any(ord(letter) in _DEVANAGARI for letter in text)
