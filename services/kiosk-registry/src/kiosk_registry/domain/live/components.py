"""Versions of what runs on a centre's machine, and the least that the state asks for."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

COMPONENT_FORM = r"[a-z][a-z0-9-]{0,39}"
VERSION_FORM = r"[0-9]{1,6}(\.[0-9]{1,6}){0,3}"
_VERSION = re.compile(VERSION_FORM, re.ASCII)


@dataclass(frozen=True, slots=True)
class Floor:
    """The least version of a component, and the order that asks for it."""

    component: str
    least: str
    order: str


@dataclass(frozen=True, slots=True)
class Outdated:
    """A component that is older than it should be."""

    component: str
    version: str
    floor: Floor


def outdated(components: Mapping[str, str], floors: Iterable[Floor]) -> list[Outdated]:
    """What is older than a floor; a component that a machine does not name is not judged."""
    return [
        Outdated(floor.component, version, floor)
        for floor in floors
        if (version := components.get(floor.component)) and _older(version, floor.least)
    ]


def is_version(text: str) -> bool:
    """Whether it is one to four numbers with points between."""
    return _VERSION.fullmatch(text) is not None


def _older(version: str, least: str) -> bool:
    one, other = ([int(part) for part in text.split(".")] for text in (version, least))
    width = max(len(one), len(other))
    return one + [0] * (width - len(one)) < other + [0] * (width - len(other))
