"""An ordinary form of every type, acceptable on TODAY."""

from datetime import date, timedelta
from typing import Any

from tests.support.builders import (
    ADDRESS,
    NAME_HI,
    birth_form,
    caste_form,
    death_form,
    domicile_form,
    income_form,
    marriage_form,
)

TODAY = date(2026, 11, 23)
RECORD = {
    "record_kind": "birth",
    "certificate_number": "BIR-7K2M9QX4TB-T",
    "certificate_issued_on": "2026-11-20",
    "event_date": "2026-11-01",
}


def still_birth_form(days_ago: int = 5, today: date = TODAY, **changed: Any) -> dict[str, Any]:
    """The report of a still-birth so many days ago; None leaves a field out."""
    form = {
        "sex": "female",
        "date_of_still_birth": (today - timedelta(days=days_ago)).isoformat(),
        "place_of_still_birth": "District Hospital",
        "mother_name": "Test Mother",
        "parents_address": ADDRESS,
        **changed,
    }
    return {name: value for name, value in form.items() if value is not None}


def job_seeker_form(**changed: Any) -> dict[str, Any]:
    """Somebody with two qualifications."""
    rows = [
        {"level": "degree", "subject": "BA", "year_passed": 2012},
        {"level": "school", "subject": "Class 12", "year_passed": 2008},
    ]
    return domicile_form(**{"qualifications": rows, **changed})


def correction_form(*rows: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """The correction of one entry of a birth."""
    spelling = {"entry": "name", "stands": "Ram Lal", "should_be": "Ramlal"}
    return {**RECORD, "name": "Ram Lal", "name_hi": NAME_HI, "corrections": list(rows or (spelling,)), **changed}


ORDINARY: dict[str, dict[str, Any]] = {
    "birth": birth_form(today=TODAY),
    "still-birth": still_birth_form(),
    "death": death_form(today=TODAY),
    "marriage": marriage_form(),
    "domicile": domicile_form(),
    "caste": caste_form(),
    "income": income_form(),
    "character": domicile_form(police_station="Sandbox"),
    "job-seeker-registration": job_seeker_form(),
    "unemployment-allowance": {
        "registration_number": "JSR-7K2M9QX4TB-T",
        "registered_on": "2026-11-20",
        "name": "Test Citizen",
        "name_hi": NAME_HI,
        "unemployed_since": "2026-01-01",
        "in_education": "no",
    },
    "employer-registration": {
        "establishment": "Sandbox Works 1",
        "ownership": "person",
        "contact_name": "Test Employer",
        "contact_name_hi": NAME_HI,
        "address": ADDRESS,
        "workers": 12,
    },
    "extra-copy": {**RECORD, "name": "Test Child", "name_hi": NAME_HI},
    "record-correction": correction_form(),
    "name-addition": {
        **{name: value for name, value in RECORD.items() if name != "record_kind"},
        "child_name": "Test Child",
        "child_name_hi": NAME_HI,
    },
    "record-search": {"record_kind": "death", "name": "Test Ancestor", "name_hi": NAME_HI, "event_year": 1947},
}
