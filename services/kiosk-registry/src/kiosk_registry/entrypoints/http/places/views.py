"""How the state is divided, as it goes over the wire."""

from datetime import date
from typing import Any

from kiosk_registry.domain.places.territory import Order, Term, Territory
from servicekit.errors import FieldProblem, ValidationFailed

Document = dict[str, Any]


def known(day: date | None, territory: Territory) -> date | None:
    """The day asked for. Raises ValidationFailed for one before what is told of the state."""
    first = territory.state.known_from.isoformat()
    if day is not None and day < territory.state.known_from:
        problem = FieldProblem(
            "?on", "before-what-is-known", f"Must not be before {first}.", f"यह {first} से पहले की तिथि नहीं हो सकती।"
        )
        raise ValidationFailed(f"How the state was divided before {first} is not told here.", errors=[problem])
    return day


def districts_shown(items: list[Document], territory: Territory, day: date | None) -> Document:
    """The districts of a day, or without one those that the register was loaded with."""
    if day is None:
        return {"items": items, "on": None, "younger": []}
    areas = territory.areas_on(day)
    division = {area.code: territory.division_of(area, day) for area in areas}
    return {
        "items": [{**item, "division": division.get(item["district_code"], item["division"])} for item in items],
        "on": day.isoformat(),
        "younger": [
            {
                "district_code": area.code,
                "lgd_code": area.code if area.code.isdigit() else None,
                "name_en": area.name_en,
                "name_hi": area.name_hi,
                "division": division[area.code],
                "parents": area.parents,
                "successors": area.successors,
                **_term(area.term),
            }
            for area in areas
            if area.is_younger
        ],
    }


def divisions_shown(territory: Territory, day: date) -> Document:
    """The divisions of a day, each with its districts."""
    in_division: dict[str, list[str]] = {}
    for area in territory.areas_on(day):
        in_division.setdefault(territory.division_of(area, day), []).append(area.code)
    state = territory.state
    return {
        "state": {"lgd_code": state.lgd_code, "name_en": state.name_en, "name_hi": state.name_hi},
        "on": day.isoformat(),
        "items": [
            {
                "division": division.code,
                "name_hi": division.name_hi,
                "districts": in_division.get(division.code, []),
                **_term(division.term),
            }
            for division in territory.divisions_on(day)
        ],
    }


def _term(term: Term) -> Document:
    return {"made_by": _order(term.made_by), "ended_by": _order(term.ended_by)}


def _order(order: Order | None) -> Document | None:
    if order is None:
        return None
    return {"name": order.name, "name_hi": order.name_hi, "begins": order.begins.isoformat()}
