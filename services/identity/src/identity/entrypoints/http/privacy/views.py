"""How what people are shown of their data is written."""

from datetime import datetime
from typing import Any

from identity.application.privacy.ports import OwnReading
from identity.application.privacy.read_own_data import Export
from identity.bootstrap import Identity
from identity.domain.privacy.breaches import Breach, BreachNotice
from identity.domain.privacy.consents import Consent
from identity.domain.privacy.erasures import Erasure, State
from identity.domain.privacy.notices import Notice, Words

BREACH_TEXTS = ("what_happened", "consequences", "measures", "safety", "contact")


def notice(shown: Notice) -> dict[str, Any]:
    """With the hash that a consent sends back."""
    purposes = [{"id": p.id, "en": p.words.en, "hi": p.words.hi, "items": p.items} for p in shown.purposes]
    return {**vars(shown), "sha256": shown.sha256, "purposes": purposes}


def consent(receipt: Consent) -> dict[str, Any]:
    """A receipt; whose it is, its reader knows."""
    members = {name: value for name, value in vars(receipt).items() if name not in ("id", "person_id")}
    return {**members, "consent_id": receipt.id, "language": receipt.language.value, "channel": receipt.channel.value}


def reading(identity: Identity, row: OwnReading) -> dict[str, Any]:
    """With the purpose in both languages; one that is listed no more by its id."""
    purpose = identity.vault.read.purpose(row.purpose)
    title = Words(en=purpose.title, hi=purpose.title_hi) if purpose else Words(en=row.purpose, hi=row.purpose)
    return {**vars(row), "purpose_title": title}


def erasure(identity: Identity, request: Erasure, at: datetime) -> dict[str, Any]:
    """With what holds it back, while it is open."""
    members: dict[str, Any] = {"erasure_id": request.id, "state": request.state.value}
    members |= {"requested_at": request.requested_at, "closed_at": request.closed_at}
    reader = identity.privacy.erasures
    members["keeps"] = [
        {"service": service, "reason": why, "title": reader.reasons[why].words, "order": reader.reasons[why].order}
        for service, answer in sorted(request.answers.items())
        for why in answer.keeps
    ]
    closed: dict[str, Any] = {
        "stage": None,
        "holds": [],
        "unanswered": [],
        "runs_at": None,
        "may_be_withdrawn_until": None,
    }
    if request.state is not State.REQUESTED:
        return {**members, **closed}
    stands = reader.outlook(request, at)
    holds = [
        {
            "service": service,
            "title": reader.reasons[hold.reason].words,
            "order": reader.reasons[hold.reason].order,
            **vars(hold),
        }
        for service, hold in stands.holds
    ]
    return {
        **members,
        "stage": stands.stage.value,
        "holds": holds,
        "unanswered": stands.unanswered,
        "runs_at": stands.runs_at,
        # Until it runs; never before the cooling-off is over.
        "may_be_withdrawn_until": stands.runs_at or request.runs_after,
    }


def breach_notice(told: BreachNotice, breach: Breach) -> dict[str, Any]:
    """What the person is told, and no more of the register."""
    texts = {name: getattr(breach, name) for name in BREACH_TEXTS}
    members = {"breach_id": breach.id, "began_at": breach.began_at, "ended_at": breach.ended_at}
    return {**members, "told_at": told.at, **texts}


def export(identity: Identity, kept: Export, at: datetime) -> dict[str, Any]:
    """Everything of one person."""
    person = kept.person
    return {
        "exported_at": at,
        "person": {
            "person_id": person.id,
            "role": person.role,
            "name": person.name,
            "name_hi": person.name_hi,
            "since": person.created_at,
        },
        "mobile_numbers": kept.mobiles,
        "numbers": [{**vars(record), "erased_at": record.erasure and record.erasure.at} for record in kept.numbers],
        "sign_ins": kept.sign_ins,
        "consents": [consent(receipt) for receipt in kept.consents],
        "readings": [reading(identity, row) for row in kept.readings],
        "erasures": [erasure(identity, request, at) for request in kept.erasures],
        "breach_notices": [breach_notice(told, breach) for told, breach in kept.breaches],
        "parts": [{"service": service, "href": f"/v1/privacy/export/{service}"} for service in kept.others],
    }
