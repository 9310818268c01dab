"""Applications as plain dictionaries for the schemas to dump."""

from collections.abc import Sequence
from typing import Any

from certificates.domain.applications.application import Application, Happening, HistoryEntry, State
from certificates.entrypoints.http.applications.schemas import HappeningAsReleased, StateAsReleased
from certificates.entrypoints.http.types.views import fee_view
from servicekit.instants import rfc3339

# The biller under which billing takes the fees that application.submitted.v1 announces.
FEE_BILLER = "EMITRA-FEES"


_LINES_AS_RELEASED = frozenset(Happening(what.value) for what in HappeningAsReleased)
# Ends without a certificate that clients of before do not know.
_YOUNGER_ENDS = frozenset({State.WITHDRAWN, State.EXPIRED})


def states_of(state: StateAsReleased | None) -> frozenset[State] | None:
    """The states that are shown as this one."""
    return None if state is None else frozenset(own for own in State if _as_released(own) is state)


def _as_released(state: State) -> StateAsReleased:
    return StateAsReleased.REJECTED if state in _YOUNGER_ENDS else StateAsReleased(state.value)


def application_summary(application: Application) -> dict[str, Any]:
    """A line of a list, without personal data."""
    owed = application.state is State.FEE_DUE
    pay_with = {"biller_id": FEE_BILLER, "customer_params": {"application_id": application.id}}
    return {
        "application_id": application.id,
        "transaction_token": application.transaction_token,
        "application_type": application.type_code,
        "district_code": application.district_code,
        "kiosk_id": application.kiosk_id,
        "state": _as_released(application.state),
        "status": application.state.value,
        "fee": {**fee_view(application.fee), "pay_with": pay_with if owed else None},
        "step": application.step,
        "department": application.department,
        # While it is sent back the clock stands, and no day is the last one.
        "due_on": None if application.state is State.SENT_BACK else application.due_on,
        "certificate_id": application.certificate_id,
        "version": application.version,
        "submitted_at": rfc3339(application.submitted_at),
        "updated_at": rfc3339(application.updated_at),
    }


def application_details(application: Application, history: Sequence[HistoryEntry]) -> dict[str, Any]:
    """The application with its form and history, for those whom it concerns."""
    return {
        **application_summary(application),
        "applicant": dict(application.applicant),
        "history": [_history_line(entry) for entry in history if entry.what in _LINES_AS_RELEASED],
    }


def _history_line(entry: HistoryEntry) -> dict[str, Any]:
    reason = entry.reason
    members = {
        "what": HappeningAsReleased(entry.what.value),
        "at": rfc3339(entry.at),
        "state": _as_released(entry.state_after),
        "payment_id": entry.payment_id,
        "step": entry.step,
        "decision": entry.decision,
        "reason": reason and {"code": reason.code, "en": reason.label.en, "hi": reason.label.hi},
        "remarks": entry.remarks,
        "decided_by": entry.designation,
    }
    return {name: value for name, value in members.items() if value is not None}
