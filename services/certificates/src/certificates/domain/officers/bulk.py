"""An officer decides many cases with one request: an operation that goes on by itself, case by case."""

from dataclasses import dataclass
from datetime import datetime

from certificates.domain.officers.officer import Officer

MOST_ITEMS = 500


@dataclass(frozen=True)
class Outcome:
    """What became of one case: decided, with the certificate that was issued if one was; or refused, and why.

    `code` is the problem's; None where it was decided.
    """

    code: str | None
    detail: str | None = None
    detail_hi: str | None = None
    certificate_id: str | None = None


@dataclass(frozen=True)
class BulkItem:
    """One case: the step that the officer looked at, and its version if said; `outcome` None: still to come."""

    application_id: str
    step: str
    version: int | None
    outcome: Outcome | None = None


@dataclass(frozen=True, kw_only=True)
class BulkDecision:
    """The operation. Each item is an approval by `officer`, as the token described them when it was asked for."""

    id: str
    officer: Officer
    client_id: str
    remarks: str | None
    request_id: str
    items: tuple[BulkItem, ...]
    made_at: datetime
    done_at: datetime | None = None
