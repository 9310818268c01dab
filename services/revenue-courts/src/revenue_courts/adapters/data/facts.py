"""The files of kinds, codes and holidays that ship, read."""

import tomllib
from importlib import resources
from typing import Any

from revenue_courts.domain.calendar import Calendar
from revenue_courts.domain.case_kinds import CaseKind, Codes, Form
from revenue_courts.domain.label import Label
from revenue_courts.domain.notice import Mode, ServiceOutcome

UNSET = "unset"
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def read_kinds(text: str = "") -> dict[str, CaseKind]:
    """The kinds by code, in the file's order. Raises ValueError for a fee: there is no demand of it yet."""
    facts = tomllib.loads(text) if text else _shipped("case_kinds.toml")
    acts = {row["code"]: Label(row["en"], row["hi"]) for row in facts["acts"]}
    kinds = {}
    for row in facts["kinds"]:
        if row["court_fee"] != UNSET:
            raise ValueError(f'{row["code"]}: court_fee must be "unset": no fee can be demanded here yet')
        days = row["limitation_days"]
        kinds[row["code"]] = CaseKind(
            code=row["code"],
            form=Form(row["form"]),
            act=acts[row["act"]],
            section=row["section"],
            subject=Label(**row["subject"]),
            reliefs={relief["code"]: Label(relief["en"], relief["hi"]) for relief in row["reliefs"]},
            limitation_days=None if days == UNSET else int(days),
        )
    return kinds


def read_codes() -> Codes:
    """The lists that officers choose from."""
    facts = _shipped("codes.toml")
    return Codes(
        **{
            name: {row["code"]: Label(row["en"], row["hi"]) for row in facts[name]}
            for name in ("purposes", "adjournments", "defects", "disposals")
        },
        services={
            row["code"]: ServiceOutcome(
                label=Label(row["en"], row["hi"]),
                served=row["served"],
                modes=frozenset(map(Mode, row["modes"])),
                by_the_bench=row["by_the_bench"],
            )
            for row in facts["services"]
        },
    )


def read_calendar() -> Calendar:
    """The days without a sitting."""
    facts = _shipped("holidays.toml")
    return Calendar(
        weekly_off=frozenset(_WEEKDAYS.index(day) for day in facts["weekly_off"]),
        holidays={row["on"]: Label(**row["name"]) for row in facts["holidays"]},
        known_until=facts["known_until"],
    )


def shipped_text(name: str) -> str:
    """The text of a file that ships beside this module."""
    return resources.files("revenue_courts").joinpath("adapters", "data", name).read_text("utf-8")


def _shipped(name: str) -> dict[str, Any]:
    return tomllib.loads(shipped_text(name))
