"""The file of what orders set for cases against centres, read."""

import tomllib
from importlib import resources

from kiosk_registry.domain.discipline.rules import CaseRules, DisciplineBook, Offence, Slab


def read_discipline() -> DisciplineBook:
    """The shipped file. Raises ValueError where a slab is for an offence that is not in it, or an id is there twice."""
    text = resources.files("kiosk_registry").joinpath("adapters", "data", "discipline.toml").read_text("utf-8")
    facts = tomllib.loads(text)
    offences = {row["code"]: Offence(**row) for row in facts["offence"]}
    slabs = [
        Slab(**{**row, "districts": tuple(row["districts"]) if "districts" in row else None}) for row in facts["slab"]
    ]
    if unknown := {slab.offence for slab in slabs} - offences.keys():
        raise ValueError(f"discipline.toml has slabs for unknown offences: {sorted(unknown)}")
    if len({slab.id for slab in slabs}) < len(slabs):
        raise ValueError("discipline.toml has two slabs of one id")
    return DisciplineBook(CaseRules(**facts["rules"]), offences, slabs)
