"""What became of the mutants of a package: the table, and the report that names every survivor with its reason."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from rich.table import Table

LEAST_NOTICED = 0.95
# What mutmut says; a mutant that ran without an end was noticed, also where it had to be killed.
_NOTICED = ("killed", "timeout", "segfault")
_HEADINGS = ("mutants", "noticed", "equivalent", "not noticed", "share")
_EQUIVALENT, _ALLOWED = "Equivalent", "Nobody needs to notice"
# Lines of the report: a module, and a survivor.
_ROW = re.compile(
    r"\| (?P<module>[\w.]+) \| (?P<mutants>\d+) \| (?P<noticed>\d+) \| (?P<equivalent>\d+) \| \d+ \| [\d.]+% \| "
    r"(?P<run_at>\w+)(?:, changed since)? \|"
)
_SURVIVOR = re.compile(r"- `(?P<function>[\w.]+)`: ")
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

    def is_of(self, modules: Collection[str]) -> bool:
        """Whether its function is in one of these modules."""
        parts = self.function.split(".")
        return any(".".join(parts[:length]) in modules for length in range(1, len(parts)))


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


@dataclass(frozen=True)
class ModuleRun:
    """What became of a module's mutants when it was last run, at the commit `run_at`. `survivors` are the report's
    lines of those that nobody noticed, each under its heading."""

    module: str
    mutants: int
    noticed: int
    equivalent: int
    run_at: str
    survivors: tuple[tuple[str, str], ...] = ()


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


def run_now(modules: Iterable[str], mutants: Sequence[Mutant], commit: str) -> list[ModuleRun]:
    """What became of these modules in a run at a commit."""
    return [
        ModuleRun(
            module,
            len(of_module := [mutant for mutant in mutants if mutant.module == module]),
            sum(mutant.noticed for mutant in of_module),
            sum(mutant.equivalent for mutant in of_module),
            commit,
            tuple(dict.fromkeys(_survivor_line(mutant) for mutant in of_module if not mutant.noticed)),
        )
        for module in modules
    ]


def kept(text: str, modules: Collection[str]) -> list[ModuleRun]:
    """What an earlier report says of these modules, those left out of which it says nothing."""
    rows, survivors, heading = [], dict[str, list[tuple[str, str]]](), ""
    for line in text.splitlines():
        if match := _ROW.fullmatch(line):
            rows.append(match)
        elif line.startswith("## "):
            heading = line.removeprefix("## ")
        elif match := _SURVIVOR.match(line):
            survivors.setdefault(match["function"], []).append((heading, line))
    return [
        ModuleRun(
            row["module"],
            int(row["mutants"]),
            int(row["noticed"]),
            int(row["equivalent"]),
            row["run_at"],
            tuple(
                one
                for function, lines in survivors.items()
                if Survivor(function, "", "", "").is_of({row["module"]})
                for one in lines
            ),
        )
        for row in rows
        if row["module"] in modules
    ]


def report(
    name: str, code: Sequence[str], runs: Sequence[ModuleRun], *, stale: Collection[str], never: Collection[str]
) -> str:
    """The report, in Markdown. `stale` are modules that are not any more as they were run; `never` those not run."""
    runs = sorted(runs, key=lambda one: one.module)
    lines = [
        f"# Mutants of {name}",
        "",
        f"Written by `make mutants SERVICE={name}`. mutmut changed every function of {', '.join(code)} in small ways,",
        "one at a time; a change is noticed when a test fails. The share is of those that are not equivalent. A run of",
        "a part (`T=`) renews the lines of its modules: each says at which commit it was run, and whether the module",
        "was changed since.",
        "",
        f"| module | {' | '.join(_HEADINGS)} | run at |",
        f"| --- |{' ---: |' * len(_HEADINGS)} --- |",
    ]
    for one in runs:
        changed = ", changed since" if one.module in stale else ""
        lines.append(_row(one.module, one.mutants, one.noticed, one.equivalent, one.run_at + changed))
    lines += [f"| {module} |{' |' * len(_HEADINGS)} never |" for module in sorted(never)]
    of_all = (sum(one.mutants for one in runs), sum(one.noticed for one in runs), sum(one.equivalent for one in runs))
    lines.append(_row("all", *of_all, ""))
    for title in (_EQUIVALENT, _ALLOWED):
        stays = [line for one in runs for heading, line in one.survivors if heading == title]
        if stays:
            lines += ["", f"## {title}", "", *stays]
    return "\n".join(lines) + "\n"


def _unexplained(mutant: Mutant) -> bool:
    return not mutant.noticed and mutant.survivor is None


def _survivor_line(mutant: Mutant) -> tuple[str, str]:
    why = mutant.survivor.why if mutant.survivor else "No reason is given yet."
    return _EQUIVALENT if mutant.equivalent else _ALLOWED, f"- {_told(mutant)}. {why}"


def _row(name: str, mutants: int, noticed: int, equivalent: int, run_at: str) -> str:
    return f"| {' | '.join(_cells(name, mutants, noticed, equivalent))} | {run_at} |"


def _told(mutant: Mutant) -> str:
    # Two backticks around code that has one.
    was, becomes = (f"`` {text} ``" if "`" in text else f"`{text}`" for text in (mutant.was, mutant.becomes))
    return f"`{mutant.function}`: {was} → {becomes if mutant.becomes else 'nothing'}"


def _lines(mutants: Sequence[Mutant]) -> list[list[str]]:
    by_module = groupby(sorted(mutants, key=lambda mutant: mutant.module), key=lambda mutant: mutant.module)
    return [_line(module, list(of_module)) for module, of_module in by_module] + [_line("all", mutants)]


def _line(name: str, mutants: Sequence[Mutant]) -> list[str]:
    noticed = sum(mutant.noticed for mutant in mutants)
    return _cells(name, len(mutants), noticed, sum(mutant.equivalent for mutant in mutants))


def _cells(name: str, mutants: int, noticed: int, equivalent: int) -> list[str]:
    noticeable = mutants - equivalent
    part = noticed / noticeable if noticeable else 1.0
    return [name, *(str(number) for number in (mutants, noticed, equivalent, noticeable - noticed)), f"{part:.1%}"]
