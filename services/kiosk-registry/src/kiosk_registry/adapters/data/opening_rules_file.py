"""The file of the rules by which centres are opened, read."""

import tomllib
from importlib import resources

from kiosk_registry.domain.openings.rules import Reason, Rulebook, Rules


def read_opening_rules() -> Rulebook:
    """The shipped rules, the newest first."""
    text = resources.files("kiosk_registry").joinpath("adapters", "data", "opening_rules.toml").read_text("utf-8")
    facts = tomllib.loads(text)
    rules = [
        Rules(
            begins=row.pop("from"),
            education=tuple(row.pop("education")),
            documents=tuple(row.pop("documents")),
            equipment=tuple(row.pop("equipment")),
            **row,
        )
        for row in facts["rules"]
    ]
    reasons = {row["code"]: Reason(**row) for row in facts["reason"]}
    return Rulebook(sorted(rules, key=lambda one: one.begins, reverse=True), reasons)
