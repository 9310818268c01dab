"""Openings and their history as MongoDB documents, and back. Civil dates are ISO text."""

from datetime import date

from kiosk_registry.adapters.mongo.documents import Document, point
from kiosk_registry.domain.openings.opening import (
    ENDED,
    Act,
    Actor,
    Form,
    HistoryEntry,
    Office,
    Opening,
    Premises,
    State,
)
from kiosk_registry.domain.places.districts import Place
from kiosk_registry.domain.register.centres import Kind

# Some eleven metres: nearer than this two centres are in one room.
PREMISES_DECIMALS = 4


def premises_key(place: Place) -> str:
    """The same for places in one room."""
    return f"{place.lat:.{PREMISES_DECIMALS}f} {place.lon:.{PREMISES_DECIMALS}f}"


def opening_to_document(opening: Opening) -> Document:
    """The opening as it is stored; `form` is personal data. `is_open` until it has come to nothing."""
    form, premises = opening.form, opening.form.premises
    return {
        "_id": opening.id,
        "transaction_token": opening.transaction_token,
        "client_id": opening.client_id,
        "person_id": opening.person_id,
        "district_code": form.district_code,
        "lsp_id": form.lsp_id,
        "premises_key": premises_key(premises.place),
        "form": {
            "name_en": form.name_en,
            "name_hi": form.name_hi,
            "date_of_birth": form.date_of_birth.isoformat(),
            "education": form.education,
            "is_resident": form.is_resident,
            "documents": sorted(form.documents),
            "equipment": sorted(form.equipment),
            "address": premises.address,
            "pin": premises.pin,
            "location": point(premises.place),
            "kind": premises.kind.value,
            "photographs": dict(premises.photographs),
        },
        "rules_from": opening.rules_from.isoformat(),
        "state": opening.state.value,
        "is_open": opening.state not in ENDED,
        "submitted_at": opening.submitted_at,
        "updated_at": opening.updated_at,
        "version": opening.version,
        "returns_to": opening.returns_to.value if opening.returns_to else None,
        "refused_at": opening.refused_at,
        "refused_by": opening.refused_by,
        "appeals": opening.appeals,
        "people": dict(opening.people),
        "kiosk_id": opening.kiosk_id,
        "device_id": opening.device_id,
    }


def opening_from_document(document: Document) -> Opening:
    """The opening that was stored."""
    form = document["form"]
    lon, lat = form["location"]["coordinates"]
    same = ("transaction_token", "client_id", "person_id", "submitted_at", "updated_at", "version")
    also = ("refused_at", "refused_by", "appeals", "people", "kiosk_id", "device_id")
    return Opening(
        id=document["_id"],
        form=Form(
            name_en=form["name_en"],
            name_hi=form["name_hi"],
            district_code=document["district_code"],
            lsp_id=document["lsp_id"],
            date_of_birth=date.fromisoformat(form["date_of_birth"]),
            education=form["education"],
            is_resident=form["is_resident"],
            documents=frozenset(form["documents"]),
            equipment=frozenset(form["equipment"]),
            premises=Premises(form["address"], form["pin"], Place(lat, lon), Kind(form["kind"]), form["photographs"]),
        ),
        rules_from=date.fromisoformat(document["rules_from"]),
        state=State(document["state"]),
        returns_to=State(document["returns_to"]) if document["returns_to"] else None,
        **{name: document[name] for name in (*same, *also)},
    )


def entry_to_document(entry: HistoryEntry) -> Document:
    """The line as it is stored: its id is the opening's with the version, so that each version has one."""
    return {
        "_id": f"{entry.opening_id}:{entry.version:06}",
        "opening_id": entry.opening_id,
        "version": entry.version,
        "act": entry.act.value,
        "at": entry.at,
        "by": {"person_id": entry.by.person_id, "office": entry.by.office.value},
        "state_before": entry.state_before.value if entry.state_before else None,
        "state_after": entry.state_after.value,
        "reason": entry.reason,
        "remarks": entry.remarks,
        "facts": dict(entry.facts),
    }


def entry_from_document(document: Document) -> HistoryEntry:
    """The line that was stored."""
    before, by = document["state_before"], document["by"]
    return HistoryEntry(
        act=Act(document["act"]),
        by=Actor(by["person_id"], Office(by["office"])),
        state_before=State(before) if before else None,
        state_after=State(document["state_after"]),
        **{name: document[name] for name in ("opening_id", "version", "at", "reason", "remarks", "facts")},
    )
