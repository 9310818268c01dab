"""Billers and fee orders from the data files beside this module, checked once at start."""

import json
import re
from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from typing import Any

from billing.domain.money import WHOLE
from billing.domain.tariff.billers import LONGEST_PARAM, Biller, CustomerParam
from billing.domain.tariff.fees import FeeSchedule, Rate, Sharing, Slab


class BadReferenceData(ValueError):
    """A data file contradicts itself; the service does not start with it."""


def load_billers() -> dict[str, Biller]:
    """Every biller by its id, in the order of the file. Raises BadReferenceData."""
    billers: dict[str, Biller] = {}
    for row in _rows("billers.json")["billers"]:
        biller = Biller(
            biller_id=row["biller_id"],
            name=row["name"],
            name_hi=row["name_hi"],
            category=row["category"],
            coverage=row["coverage"],
            internal=row["internal"],
            pending_supported=row["pending_supported"],
            customer_params=tuple(_param(param) for param in row["customer_params"]),
            limits=row["limits"],
        )
        if biller.biller_id in billers:
            raise BadReferenceData(f"billers.json names {biller.biller_id} twice")
        billers[biller.biller_id] = biller
    return billers


def load_fees() -> FeeSchedule:
    """Every rate and sharing ever in force. Raises BadReferenceData."""
    document = _rows("fees.json")
    return FeeSchedule(
        rates=tuple(_rate(row) for row in document["rates"]),
        sharings=tuple(_sharing(row) for row in document["sharings"]),
    )


def require_rates(billers: Mapping[str, Biller], fees: FeeSchedule, on: date) -> None:
    """Raises NoRateInForce if some biller could not be paid on that day for want of a rate: better now than then."""
    for biller in billers.values():
        for channel in biller.limits:
            fees.charge(category=biller.category, channel=channel, bill_paise=0, on=on)


def _rows(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(files("billing.adapters.data").joinpath(name).read_text("utf-8"))
    return document


def _param(row: Mapping[str, Any]) -> CustomerParam:
    if not 0 < row["min_length"] <= row["max_length"] <= LONGEST_PARAM:
        raise BadReferenceData(f"{row['name']}: lengths must lie between 1 and {LONGEST_PARAM}")
    return CustomerParam(
        name=row["name"],
        label=row["label"],
        label_hi=row["label_hi"],
        numeric=row["numeric"],
        min_length=row["min_length"],
        max_length=row["max_length"],
        pattern=re.compile(row["pattern"]) if "pattern" in row else None,
        optional=row.get("optional", False),
    )


def _rate(row: Mapping[str, Any]) -> Rate:
    ends = [slab["up_to_paise"] for slab in row["slabs"]]
    bounds = ends[:-1]
    if not ends or ends[-1] is not None or None in bounds or bounds != sorted(bounds):
        raise BadReferenceData(f"slabs of {row['category']} from {row['from']} must rise and end without a limit")
    return Rate(
        category=row["category"],
        from_day=date.fromisoformat(row["from"]),
        until=_day(row["until"]),
        order=row["order"],
        order_hi=row["order_hi"],
        slabs=tuple(Slab(slab["up_to_paise"], slab["charge_paise"]) for slab in row["slabs"]),
        borne_by_department=row["borne_by_department"],
        from_year_only=row.get("from_is_year_only", False),
    )


def _sharing(row: Mapping[str, Any]) -> Sharing:
    if sum(row["shares"].values()) != WHOLE:
        raise BadReferenceData(f"shares of {row['category']} on {row['channel']} do not sum to {WHOLE}")
    return Sharing(
        category=row["category"],
        channel=row["channel"],
        from_day=date.fromisoformat(row["from"]),
        until=_day(row["until"]),
        shares=row["shares"],
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
