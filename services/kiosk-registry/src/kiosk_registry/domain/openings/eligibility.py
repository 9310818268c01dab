"""Whether a form may be lodged at all: every rule that it breaks, in both languages."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from kiosk_registry.domain.calendar import years_between
from kiosk_registry.domain.lsps.lsp import Lsp
from kiosk_registry.domain.openings.opening import Form
from kiosk_registry.domain.openings.rules import Rules
from kiosk_registry.domain.places.distances import metres_between
from kiosk_registry.domain.places.districts import RAJASTHAN, District, Place, radius_km
from kiosk_registry.domain.places.pin_areas import PinArea

# No boundaries are at hand. No place of a district lies farther from its headquarters than three times the radius of a
# disc of its area, and no place of a PIN farther than this from the middle of its post offices: beyond is a slip.
MOST_RADII = 3
MOST_METRES_FROM_PIN = 60_000
OLDEST_YEARS = 120


@dataclass(frozen=True, slots=True)
class Problem:
    """One rule that is broken. `pointer` is a place of the request, `/premises/pin`."""

    pointer: str
    code: str
    en: str
    hi: str


def problems(
    form: Form, *, rules: Rules, day: date, district: District | None, pin_area: PinArea | None, lsp: Lsp | None
) -> list[Problem]:
    """What the form breaks on that day; nothing where it may be lodged.

    `district`, `pin_area` and `lsp` are those that the form names, None where there is none.
    """
    return [*_of_person(form, rules, day), *_of_papers(form, rules), *_of_place(form, district, pin_area, lsp)]


def _of_person(form: Form, rules: Rules, day: date) -> Iterator[Problem]:
    if form.date_of_birth > day or years_between(form.date_of_birth, day) > OLDEST_YEARS:
        yield Problem(
            "/date_of_birth", "not-a-birth-day", "No living person was born on this day.", "यह जन्म तिथि संभव नहीं है।"
        )
    elif years_between(form.date_of_birth, day) < rules.minimum_age_years:
        years = rules.minimum_age_years
        yield Problem(
            "/date_of_birth",
            "too-young",
            f"The applicant must be {years} years old ({rules.order}).",
            f"आवेदक की आयु {years} वर्ष होनी चाहिए ({rules.order_hi})।",
        )
    if form.education not in rules.education:
        yield Problem(
            "/education",
            "education-too-low",
            f"One of these is needed: {', '.join(rules.education)} ({rules.order}).",
            f"इनमें से एक आवश्यक है: {', '.join(rules.education)} ({rules.order_hi})।",
        )
    if not form.is_resident:
        yield Problem(
            "/is_resident",
            "not-resident",
            f"The applicant must live in Rajasthan ({rules.order}).",
            f"आवेदक राजस्थान का निवासी होना चाहिए ({rules.order_hi})।",
        )


def _of_papers(form: Form, rules: Rules) -> Iterator[Problem]:
    for name, needed, given in (
        ("documents", rules.documents, form.documents),
        ("equipment", rules.equipment, form.equipment),
    ):
        if missing := [code for code in needed if code not in given]:
            yield Problem(
                f"/{name}",
                "missing",
                f"These are needed too: {', '.join(missing)} ({rules.order}).",
                f"ये भी आवश्यक हैं: {', '.join(missing)} ({rules.order_hi})।",
            )
        if unknown := sorted(given - set(needed)):
            yield Problem(
                f"/{name}",
                "unknown",
                f"The rules know {len(unknown)} of these not; they are: {', '.join(needed)}.",
                f"नियमों में ये ही हैं: {', '.join(needed)}।",
            )


def _of_place(form: Form, district: District | None, pin_area: PinArea | None, lsp: Lsp | None) -> Iterator[Problem]:
    if district is None:
        yield Problem(
            "/district_code",
            "unknown-district",
            "Use a district_code of GET /v1/districts.",
            "GET /v1/districts की कोई district_code दें।",
        )
    if lsp is None or (district is not None and district.code not in lsp.districts):
        yield Problem(
            "/lsp_id",
            "not-in-its-territory",
            "This provider does not serve the district; GET /v1/lsps?district= lists those that do.",
            "यह प्रदाता इस ज़िले में सेवा नहीं देता; GET /v1/lsps?district= देखें।",
        )
    yield from site_problems(form.premises.place, district=district, pin_area=pin_area)


def site_problems(place: Place, *, district: District | None, pin_area: PinArea | None) -> Iterator[Problem]:
    """What is wrong with premises of the request: outside the state, not in the district, not where the PIN is.

    `pin_area` is the one that the premises name, None where there is none.
    """
    if not RAJASTHAN.holds(place):
        yield Problem(
            "/premises/position", "outside-rajasthan", "Must lie in Rajasthan.", "यह स्थान राजस्थान में होना चाहिए।"
        )
    elif district is not None and metres_between(place, district.headquarters) > MOST_RADII * 1000 * radius_km(
        district
    ):
        yield Problem(
            "/premises/position",
            "not-in-the-district",
            f"Lies too far from {district.name_en} to be in this district.",
            f"यह स्थान {district.name_hi} से इतनी दूर है कि इस ज़िले में नहीं हो सकता।",
        )
    if pin_area is None:
        yield Problem(
            "/premises/pin", "unknown-pin", "No post office of Rajasthan has this PIN.", "राजस्थान में यह पिन कोड नहीं है।"
        )
        return
    if district is not None and district.code not in pin_area.district_codes:
        yield Problem(
            "/premises/pin", "not-in-the-district", "This PIN lies in another district.", "यह पिन कोड दूसरे ज़िले का है।"
        )
    elif pin_area.position and metres_between(place, pin_area.position) > MOST_METRES_FROM_PIN:
        yield Problem(
            "/premises/position",
            "far-from-the-pin",
            "Lies too far from the post offices of the PIN.",
            "यह स्थान इस पिन कोड के डाकघरों से बहुत दूर है।",
        )
