"""What anybody is shown of service charges: plain dictionaries for the schemas to dump."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from billing.domain.tariff.fees import Rate
from servicekit.money import money

# By category: its name in both languages.
NAMES = {
    "ELECTRICITY": ("Electricity bill", "बिजली का बिल"),
    "WATER": ("Water bill", "पानी का बिल"),
    "MOBILE": ("Mobile phone bill", "मोबाइल फ़ोन का बिल"),
    "EXAM_FEE": ("Examination fee", "परीक्षा शुल्क"),
    "APPLICATION_FEE": ("Fee of an application", "आवेदन का शुल्क"),
}


def service_charges_view(on: date, rates: Mapping[str, Rate | None]) -> dict[str, Any]:
    """The rate list of one day."""
    return {
        "on": on,
        "items": [
            {
                "category": category,
                "name": NAMES[category][0],
                "name_hi": NAMES[category][1],
                "charge": rate and _charge_view(rate),
            }
            for category, rate in rates.items()
        ],
    }


def _charge_view(rate: Rate) -> dict[str, Any]:
    return {
        "order": rate.order,
        "order_hi": rate.order_hi,
        "effective_year": rate.from_day.year,
        "effective_from": None if rate.from_year_only else rate.from_day,
        "effective_until": rate.until,
        "borne_by_department": rate.borne_by_department,
        "slabs": [
            {
                "up_to": None if slab.up_to_paise is None else money(slab.up_to_paise),
                "charge": money(slab.charge_paise),
            }
            for slab in rate.citizen_slabs
        ],
    }
