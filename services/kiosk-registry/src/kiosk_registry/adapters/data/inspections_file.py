"""The file of what is looked at in a centre, read."""

import tomllib
from collections.abc import Sequence
from importlib import resources

from kiosk_registry.domain.inspections.inspection import Checklist, ChecklistItem


def read_checklists() -> Sequence[Checklist]:
    """The shipped lists, the newest first."""
    text = resources.files("kiosk_registry").joinpath("adapters", "data", "inspections.toml").read_text("utf-8")
    checklists = [
        Checklist(**{**row, "items": tuple(ChecklistItem(**item) for item in row["items"])})
        for row in tomllib.loads(text)["checklist"]
    ]
    return sorted(checklists, key=lambda one: one.begins, reverse=True)
