"""What became of the mutants of a package: the table, and the report that names every survivor with its reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from rich.table import Table

LEAST_NOTICED = 0.95
# What mutmut says; a mutant that ran without an end was noticed, also where it had to be killed.
_NOTICED = ("killed", "timeout", "segfault")
_HEADINGS = ("mutants", "noticed", "equivalent", "not noticed", "share")
# `billing.domain.money.x_rupees__mutmut_3`, `billing.domain.books.xǁBooksǁadd__mutmut_1`
_NAME = re.compile(r"(?P<module>.+?)\.x(?:_|ǁ(?P<cls>.+?)ǁ)(?P<function>.+)__mutmut_\d+")


@dataclass(frozen=True)
class Survivor:
    """A mutant that may survive, known by its function and the changed lines. `equivalent`: no test could tell it from
    the code; else one could, and `why` says why nobody needs to."""

    function: str
    was: str
    becomes: str
    why: str
    equivalent: bool = False


@dataclass(frozen=True)
class Mutant:
    """One change, and whether a test noticed it. `was` and `becomes` are told of those that none noticed."""

    module: str
    function: str
    noticed: bool
    was: str = ""
    becomes: str = ""
    survivor: Survivor | None = None

    @classmethod
    def read(cls, name: str, status: str, diff: str) -> Mutant:
        """From mutmut's name, status and diff. Raises ValueError for a name that it would not give."""
        match = _NAME.fullmatch(name)
        if match is None:
            raise ValueError(f"not a mutant's name: {name}")
        lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++"))]
        was, becomes = (" ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
        function = ".".join(part for part in (match["module"], match["cls"], match["function"]) if part)
        return cls(match["module"], function, status in _NOTICED, was, becomes)

    @property
    def equivalent(self) -> bool:
        """Whether nobody can notice it."""
        return self.survivor is not None and self.survivor.equivalent


def judged(mutants: Sequence[Mutant], survivors: Sequence[Survivor]) -> list[Mutant]:
    """The mutants, those that nobody noticed with the reason why they may stay, if there is one."""
    known = {(survivor.function, survivor.was, survivor.becomes): survivor for survivor in survivors}
    return [
        mutant if mutant.noticed else replace(mutant, survivor=known.get((mutant.function, mutant.was, mutant.becomes)))
        for mutant in mutants
    ]


def share(mutants: Sequence[Mutant]) -> float:
    """How many of those that can be noticed are, from 0 to 1."""
    noticeable = [mutant for mutant in mutants if not mutant.equivalent]
    return sum(mutant.noticed for mutant in noticeable) / len(noticeable) if noticeable else 1.0


def table(mutants: Sequence[Mutant]) -> Table:
    """A line for each module, and one for all."""
    shown = Table("module", *(_HEADINGS), box=None)
    for line in _lines(mutants):
        shown.add_row(*line)
    return shown


def complaints(mutants: Sequence[Mutant], survivors: Sequence[Survivor]) -> list[str]:
    """What keeps a whole run from passing: too few noticed, survivors without a reason, reasons without a survivor."""
    used = {mutant.survivor for mutant in mutants}
    said = [f"{_told(mutant)}: nobody noticed, and no reason is given" for mutant in mutants if _unexplained(mutant)]
    said += [
        f"{survivor.function}: {survivor.becomes!r} does not survive" for survivor in survivors if survivor not in used
    ]
    if share(mutants) < LEAST_NOTICED:
        said.append(f"{share(mutants):.1%} are noticed; {LEAST_NOTICED:.0%} is the least")
    return said


def report(name: str, code: Sequence[str], mutants: Sequence[Mutant]) -> str:
    """The report, in Markdown."""
    lines = [
        f"# Mutants of {name}",
        "",
        f"Written by `make mutants SERVICE={name}`. mutmut changed every function of {', '.join(code)} in small ways,",
        "one at a time; a change is noticed when a test fails. The share is of those that are not equivalent.",
        "",
        f"| module | {' | '.join(_HEADINGS)} |",
        f"| --- |{' ---: |' * len(_HEADINGS)}",
        *(f"| {' | '.join(line)} |" for line in _lines(mutants)),
    ]
    for title, equivalent in (("Equivalent", True), ("Nobody needs to notice", False)):
        stays = [mutant for mutant in mutants if not mutant.noticed and mutant.equivalent is equivalent]
        if stays:
            lines += ["", f"## {title}", ""]
            lines += dict.fromkeys(
                f"- {_told(mutant)}. {mutant.survivor.why if mutant.survivor else 'No reason is given yet.'}"
                for mutant in stays
            )
    return "\n".join(lines) + "\n"


def _unexplained(mutant: Mutant) -> bool:
    return not mutant.noticed and mutant.survivor is None


def _told(mutant: Mutant) -> str:
    # Two backticks around code that has one.
    was, becomes = (f"`` {text} ``" if "`" in text else f"`{text}`" for text in (mutant.was, mutant.becomes))
    return f"`{mutant.function}`: {was} → {becomes if mutant.becomes else 'nothing'}"


def _lines(mutants: Sequence[Mutant]) -> list[list[str]]:
    by_module = groupby(sorted(mutants, key=lambda mutant: mutant.module), key=lambda mutant: mutant.module)
    return [_line(module, list(of_module)) for module, of_module in by_module] + [_line("all", mutants)]


def _line(name: str, mutants: Sequence[Mutant]) -> list[str]:
    noticed = sum(mutant.noticed for mutant in mutants)
    equivalent = sum(mutant.equivalent for mutant in mutants)
    return [
        name,
        *(str(number) for number in (len(mutants), noticed, equivalent, len(mutants) - noticed - equivalent)),
        f"{share(mutants):.1%}",
    ]
