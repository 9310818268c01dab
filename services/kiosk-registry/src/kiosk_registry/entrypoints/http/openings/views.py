"""Applications for centres as they are shown: plain dictionaries for the schemas to dump."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from kiosk_registry.application.openings.viewer import Viewer
from kiosk_registry.domain.lsps.lsp import Lsp
from kiosk_registry.domain.openings.moves import REFUSALS, allowed, last_day_of_appeal
from kiosk_registry.domain.openings.opening import Act, Form, HistoryEntry, Office, Opening, State
from kiosk_registry.domain.openings.rules import Reason, Rulebook, Rules

# What the gateway tells whoever has the token; a step is the offices' own matter.
STATUSES = {
    State.SENT_BACK: "SENT_BACK",
    State.REJECTED: "REJECTED",
    State.ACTIVE: "OPENED",
    State.WITHDRAWN: "WITHDRAWN",
}
# Whose remarks the applicant is told: those of refusals, and their own.
TOLD = REFUSALS | {Act.RESUBMIT, Act.APPEAL, Act.WITHDRAW}


def summary_shown(opening: Opening) -> dict[str, Any]:
    """An application in a list."""
    return {
        "opening_id": opening.id,
        "transaction_token": opening.transaction_token,
        "district_code": opening.district_code,
        "lsp_id": opening.lsp_id,
        "state": opening.state.value,
        "submitted_at": opening.submitted_at,
        "updated_at": opening.updated_at,
        "version": opening.version,
        "kiosk_id": opening.kiosk_id,
    }


def opening_shown(
    opening: Opening, history: Sequence[HistoryEntry], viewer: Viewer, rulebook: Rulebook
) -> dict[str, Any]:
    """An application with all that happened to it, as far as the viewer is told."""
    to_applicant = viewer.office is Office.APPLICANT
    return {
        **summary_shown(opening),
        "form": _form_shown(opening.form),
        "allowed": [{"act": act.value, "office": office.value} for act, office in allowed(opening).items()],
        "appeal_until": last_day_of_appeal(opening, rulebook.on(opening.rules_from)),
        "history": [_line_shown(entry, rulebook.reasons, to_applicant=to_applicant) for entry in history],
    }


def _line_shown(entry: HistoryEntry, reasons: Mapping[str, Reason], *, to_applicant: bool) -> dict[str, Any]:
    reason = reasons.get(entry.reason or "")
    return {
        "act": entry.act.value,
        "at": entry.at,
        "office": entry.by.office.value,
        "person_id": None if to_applicant else entry.by.person_id,
        "state_before": entry.state_before and entry.state_before.value,
        "state_after": entry.state_after.value,
        "reason": reason and asdict(reason),
        "remarks": entry.remarks if entry.act in TOLD or not to_applicant else None,
        "facts": entry.facts,
    }


def _form_shown(form: Form) -> dict[str, Any]:
    premises = form.premises
    return {
        "name_en": form.name_en,
        "name_hi": form.name_hi,
        "district_code": form.district_code,
        "lsp_id": form.lsp_id,
        "date_of_birth": form.date_of_birth,
        "education": form.education,
        "is_resident": form.is_resident,
        "documents": sorted(form.documents),
        "equipment": sorted(form.equipment),
        "premises": {
            "address": premises.address,
            "pin": premises.pin,
            "position": {"lat": premises.place.lat, "lon": premises.place.lon},
            "kind": premises.kind.value,
            "photographs": [{"shows": shows, "sha256": sha256} for shows, sha256 in premises.photographs.items()],
        },
    }


def rules_shown(rules: Rules, reasons: Mapping[str, Reason]) -> dict[str, Any]:
    """The rules of a day, and why somebody may be refused."""
    return {**asdict(rules), "reasons": [asdict(reason) for reason in reasons.values()]}


def lsp_shown(lsp: Lsp) -> dict[str, Any]:
    """A provider."""
    return {
        "lsp_id": lsp.id,
        "name_en": lsp.name_en,
        "name_hi": lsp.name_hi,
        "districts": sorted(lsp.districts, key=int),
    }


def transaction_shown(opening: Opening, history: Sequence[HistoryEntry]) -> dict[str, Any]:
    """What the gateway's view of transactions needs of an application."""
    kinds = ["opening.submitted" if entry.act is Act.SUBMIT else "opening.moved" for entry in history]
    return {
        "token": opening.transaction_token,
        "kind": "application",
        "reference_id": opening.id,
        "status": STATUSES.get(opening.state, "IN_VERIFICATION"),
        "owner_client_id": opening.client_id,
        "kiosk_id": None,
        "district_code": opening.district_code,
        "updated_at": opening.updated_at,
        "events": [{"type": kind, "at": entry.at} for kind, entry in zip(kinds, history, strict=True)],
    }
