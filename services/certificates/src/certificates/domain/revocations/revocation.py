"""The revocation of a certificate: one officer's proposal, and another one's decision."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from certificates.domain.certificates.certificate import EndReason
from certificates.domain.label import Label
from certificates.domain.officers.officer import Officer

# What an officer may give as the reason; that there is a new certificate is never one.
REASONS = (EndReason.ISSUED_IN_ERROR, EndReason.OBTAINED_BY_FRAUD, EndReason.COURT_ORDER)


class Standing(StrEnum):
    """How far a revocation has come."""

    PROPOSED = "PROPOSED"
    CONFIRMED = "CONFIRMED"
    REFUSED = "REFUSED"


class NotProposedNow(Exception):
    """It was decided before."""


class ProposedItThemselves(Exception):
    """Whoever proposed it does not decide it: a certificate is taken from somebody on two people's word."""


@dataclass(frozen=True)
class Act:
    """What an officer did, in which post, why, and when. `remarks` may speak of people: they go nowhere else."""

    officer_id: str
    designation: Label
    remarks: str
    at: datetime


@dataclass(frozen=True)
class Revocation:
    """A proposed revocation; it is decided once."""

    id: str
    certificate_id: str
    reason: EndReason
    standing: Standing
    proposed: Act
    decided: Act | None = None


def propose(
    *, revocation_id: str, certificate_id: str, reason: EndReason, officer: Officer, remarks: str, at: datetime
) -> Revocation:
    """A new proposal. Nothing is changed by it."""
    proposed = Act(officer.id, officer.designation, remarks, at)
    return Revocation(revocation_id, certificate_id, reason, Standing.PROPOSED, proposed)


def decide(revocation: Revocation, *, officer: Officer, confirmed: bool, remarks: str, at: datetime) -> Revocation:
    """The revocation after the other officer's decision. Raises NotProposedNow, ProposedItThemselves."""
    if revocation.standing is not Standing.PROPOSED:
        raise NotProposedNow
    if revocation.proposed.officer_id == officer.id:
        raise ProposedItThemselves
    return replace(
        revocation,
        standing=Standing.CONFIRMED if confirmed else Standing.REFUSED,
        decided=Act(officer.id, officer.designation, remarks, at),
    )
