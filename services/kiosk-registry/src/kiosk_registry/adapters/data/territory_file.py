"""The file of how the state was divided, read."""

import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from kiosk_registry.domain.places.districts import District
from kiosk_registry.domain.places.territory import Area, Division, Order, State, Term, Territory, TerritoryFactsError


def read_territory(path: Path | None, districts: Sequence[District]) -> Territory:
    """The territory of the TOML file at `path`, by default that of the package, over these districts of 2011.

    Raises TerritoryFactsError for a file that cannot be used, OSError for one that cannot be read.
    """
    shipped = resources.files("kiosk_registry").joinpath("adapters", "data", "territory.toml")
    text = (shipped if path is None else path).read_text(encoding="utf-8")
    try:
        facts = tomllib.loads(text)
        orders = {row["id"]: Order(row["id"], row["name"], row["name_hi"], row["from"]) for row in facts["order"]}
        # None of the 33 was ended so far; an order that does so is a row `ended` of the file.
        ended = {row["code"]: row for row in facts.get("ended", ())}
        of_2011 = [
            Area(
                d.code,
                d.name_en,
                d.name_hi,
                d.division,
                Term(None, orders[ended[d.code]["by"]] if d.code in ended else None),
                successors=tuple(ended[d.code]["successors"]) if d.code in ended else (),
            )
            for d in districts
        ]
        younger = [
            Area(
                row["code"],
                row["name_en"],
                row["name_hi"],
                row["division"],
                _term(row, orders),
                tuple(row["parents"]),
                tuple(row.get("successors", ())),
            )
            for row in facts["district"]
        ]
        divisions = [
            Division(row["code"], row["name_hi"], _term(row, orders), tuple(row.get("took", ())))
            for row in facts["division"]
        ]
        return Territory(State(**facts["state"]), divisions, [*of_2011, *younger])
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise TerritoryFactsError(f"The file of the territory: {error!r}") from error


def _term(row: Mapping[str, Any], orders: Mapping[str, Order]) -> Term:
    named = [row.get("made_by"), row.get("ended_by")]
    made_by, ended_by = (None if name is None else orders[name] for name in named)
    return Term(made_by, ended_by)
