"""Fakes for the unit level. FakeApplications and FakeCertificates pass the same suite as MongoApplications and
MongoCertificates (tests/service/test_applications_store)."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from certificates.adapters.events import to_event
from certificates.application.applications.ports import (
    AttachmentTaken,
    Changes,
    NumberTaken,
    Position,
    Selection,
    VersionMoved,
)
from certificates.domain.applications.application import (
    Application,
    Change,
    Happening,
    HistoryEntry,
    RefusedPayment,
    State,
)
from certificates.domain.applications.escalate import Escalation
from certificates.domain.attachments.attachment import Attachment
from certificates.domain.attachments.attachment import State as UploadState
from certificates.domain.certificates.certificate import Certificate, CertificateIssued, NotInForce, Status
from certificates.domain.drafts.draft import Draft
from certificates.domain.officers.taking import Taking
from servicekit.access import Belonging
from servicekit.errors import IdempotencyKeyReused
from servicekit.events import NewEvent
from servicekit.idempotency import Claim, Once


@dataclass(frozen=True)
class Kept:
    """What is committed. `certificates` by application id: an application has one at most. `outbox` is in order."""

    applications: dict[str, Application] = field(default_factory=dict)
    history: dict[str, HistoryEntry] = field(default_factory=dict)
    certificates: dict[str, Certificate] = field(default_factory=dict)
    outbox: tuple[NewEvent, ...] = ()
    uploads: dict[str, Attachment] = field(default_factory=dict)
    drafts: dict[str, Draft] = field(default_factory=dict)
    claims: dict[tuple[str, str, str], tuple[str, str]] = field(default_factory=dict)


class _Transaction:
    """Implements application.applications.ports.Changes on a copy."""

    def __init__(self, kept: Kept) -> None:
        self.kept = kept

    def get(self, application_id: str) -> Application | None:
        return self.kept.applications.get(application_id)

    def add(self, change: Change, request_id: str) -> None:
        assert change.application.id not in self.kept.applications
        self._put(change, request_id, None)

    def save(self, change: Change, request_id: str, issued: CertificateIssued | None = None) -> None:
        stored = self.kept.applications.get(change.application.id)
        if stored is None or stored.version != change.application.version - 1:
            raise VersionMoved
        if change.entry.what is not Happening.RESUBMITTED:
            assert change.application.applicant == stored.applicant, "only a resubmission changes the form"
        if issued is not None:
            new, known = issued.certificate, self.kept.certificates
            if new.number in [certificate.number for certificate in known.values()]:
                raise NumberTaken
            if new.application_id in known:
                raise VersionMoved
            self.kept = replace(self.kept, certificates={**known, new.application_id: new})
            if issued.supersedes:
                self.end(issued.supersedes[0].certificate)
        self._put(change, request_id, issued)

    def attach(self, attachment_id: str, *, application_id: str, code: str, at: datetime) -> None:
        upload = self.kept.uploads.get(attachment_id)
        ready = upload is not None and upload.state is UploadState.READY and upload.application_id is None
        if upload is None or not ready or upload.expires_at is None or upload.expires_at <= at:
            raise AttachmentTaken(attachment_id)
        attached = replace(upload, application_id=application_id, code=code, expires_at=None)
        self.kept = replace(self.kept, uploads={**self.kept.uploads, attachment_id: attached})

    def end(self, certificate: Certificate) -> None:
        """As end_certificate does it."""
        if self.kept.certificates[certificate.application_id].status is not Status.VALID:
            raise NotInForce
        self.kept = replace(self.kept, certificates={**self.kept.certificates, certificate.application_id: certificate})

    def refuse(self, refused: RefusedPayment, request_id: str, causation_id: str) -> None:
        entry = refused.entry
        if entry.key not in self.kept.history:
            event = to_event(refused.event, request_id, causation_id)
            history = {**self.kept.history, entry.key: entry}
            self.kept = replace(self.kept, history=history, outbox=(*self.kept.outbox, event))

    def drop_draft(self, draft_id: str) -> None:
        self.kept = replace(self.kept, drafts={k: v for k, v in self.kept.drafts.items() if k != draft_id})

    def note(self, entry: HistoryEntry) -> None:
        self.kept = replace(self.kept, history={entry.key: entry} | self.kept.history)

    def _put(self, change: Change, request_id: str, issued: CertificateIssued | None) -> None:
        assert change.entry.key not in self.kept.history, "a second line for one version"
        self.kept = replace(
            self.kept,
            applications={**self.kept.applications, change.application.id: change.application},
            history={**self.kept.history, change.entry.key: change.entry},
            outbox=(
                *self.kept.outbox,
                *(
                    to_event(event, request_id)
                    for event in (change.event, issued, *(issued.told_of_the_old if issued else ()))
                    if event is not None
                ),
            ),
        )


@dataclass
class FakeApplications:
    """Implements application.applications.ports.Applications and ApplicationQueries in memory.

    Each effect runs twice: a transaction may.
    """

    kept: Kept = field(default_factory=Kept)

    def get(self, application_id: str) -> Application | None:
        return self.kept.applications.get(application_id)

    def history(self, application_id: str) -> Sequence[HistoryEntry]:
        lines = [line for line in self.kept.history.values() if line.application_id == application_id]
        return sorted(lines, key=lambda line: (line.at, line.key))

    def page(self, selection: Selection, after: Position | None, limit: int) -> Sequence[Application]:
        assert limit > 0
        chosen = [application for application in self.kept.applications.values() if _fits(application, selection)]
        places = sorted((_position(application), application.id) for application in chosen)
        start = ("", "") if after is None else (after.due_on, after.application_id)
        return [self.kept.applications[id_] for due_on, id_ in places if (due_on, id_) > start][:limit]

    def by_token(self, token: str) -> Application | None:
        return next((a for a in self.kept.applications.values() if a.transaction_token == token), None)

    def move(self, change: Change, request_id: str) -> None:
        self.transact(lambda changes: changes.save(change, request_id))

    def waiting(
        self, state: State, since: datetime, before: datetime, after: Application | None, limit: int
    ) -> Sequence[Application]:
        start = (since, "") if after is None else (after.updated_at, after.id)
        chosen = sorted(
            (a.updated_at, a.id)
            for a in self.kept.applications.values()
            if a.state is state and since <= a.updated_at <= before
        )
        return [self.kept.applications[id_] for at, id_ in chosen if (at, id_) > start][:limit]

    def late(self, today: date, limit: int) -> Sequence[Application]:
        chosen = [
            a
            for a in self.kept.applications.values()
            if a.state is State.IN_VERIFICATION and a.due_on and a.due_on < today and not self._delay_told(a)
        ]
        return sorted(chosen, key=lambda a: a.due_on or date.max)[:limit]

    def _delay_told(self, application: Application) -> bool:
        return f"{application.id}:delayed:{application.step}:{application.due_on}" in self.kept.history

    def escalate(self, application: Application, escalation: Escalation, request_id: str) -> bool:
        stored = self.kept.applications[application.id]
        if stored.version != application.version or escalation.entry.key in self.kept.history:
            return False
        history = {**self.kept.history, escalation.entry.key: escalation.entry}
        event = to_event(escalation.event, request_id)
        self.kept = replace(self.kept, history=history, outbox=(*self.kept.outbox, event))
        return True

    def find(self, claim: Claim) -> Once[str] | None:
        known = self.kept.claims.get((claim.client_id, claim.operation, claim.key))
        if known is None:
            return None
        fingerprint, application_id = known
        if fingerprint != claim.fingerprint:
            raise IdempotencyKeyReused("another body")
        return Once(application_id, replayed=True)

    def once(self, claim: Claim, application_id: str, effect: Callable[[Changes], object]) -> Once[str]:
        if earlier := self.find(claim):
            return earlier
        self.transact(effect, {(claim.client_id, claim.operation, claim.key): (claim.fingerprint, application_id)})
        return Once(application_id, replayed=False)

    def transact(
        self, effect: Callable[[Changes], object], claims: dict[tuple[str, str, str], tuple[str, str]] | None = None
    ) -> None:
        """All of the effect (and the claims), or none of it when it raises."""
        effect(_Transaction(self.kept))
        transaction = _Transaction(self.kept)
        effect(transaction)
        self.kept = replace(transaction.kept, claims=self.kept.claims | (claims or {}))


def _position(application: Application) -> str:
    return application.due_on.isoformat() if application.due_on else ""


def _fits(application: Application, selection: Selection) -> bool:
    whose = Belonging(
        client_id=application.client_id,
        kiosk_id=application.kiosk_id,
        person_id=application.person_id,
        departments=[application.department],
        district_code=application.district_code,
    )
    return (
        selection.reach.covers(whose)
        and (selection.states is None or application.state in selection.states)
        and (selection.districts is None or application.district_code in selection.districts)
        and selection.type_code in (None, application.type_code)
        and (selection.due_by is None or (application.due_on is not None and application.due_on <= selection.due_by))
        and (application.type_code, application.step) not in selection.without
    )


@dataclass
class FakeTakings:
    """Implements application.officers.ports.Takings in memory; passes the same suite as MongoTakings."""

    kept: dict[str, Taking] = field(default_factory=dict)

    def take(self, taking: Taking) -> Taking:
        there = self.kept.get(taking.application_id)
        if there is None or there.officer_id == taking.officer_id or there.until <= taking.taken_at:
            self.kept[taking.application_id] = taking
        return self.kept[taking.application_id]

    def give_back(self, application_id: str, officer_id: str) -> None:
        there = self.kept.get(application_id)
        if there is not None and there.officer_id == officer_id:
            del self.kept[application_id]

    def in_force(self, application_ids: Collection[str], at: datetime) -> Mapping[str, Taking]:
        return {id_: self.kept[id_] for id_ in application_ids if id_ in self.kept and self.kept[id_].until > at}


@dataclass(frozen=True)
class FakeUploads:
    """Implements application.applications.ports.Uploads: those that the store has."""

    store: FakeApplications

    def get(self, attachment_id: str) -> Attachment | None:
        return self.store.kept.uploads.get(attachment_id)


@dataclass(frozen=True)
class FakeDrafts:
    """Implements application.applications.ports.Drafts: those that the store has."""

    store: FakeApplications

    def get(self, draft_id: str, at: datetime) -> Draft | None:
        draft = self.store.kept.drafts.get(draft_id)
        return draft if draft and (draft.expires_at is None or draft.expires_at > at) else None


@dataclass(frozen=True)
class FakeCertificates:
    """Implements application.certificates.ports.Certificates: those that the store has."""

    store: FakeApplications

    def get(self, certificate_id: str) -> Certificate | None:
        return self._one("id", certificate_id)

    def by_number(self, number: str) -> Certificate | None:
        return self._one("number", number)

    def by_number_and_day(self, number: str, issued_on: date) -> Certificate | None:
        certificate = self.by_number(number)
        return certificate if certificate and certificate.issued_on == issued_on else None

    def _one(self, member: str, value: str) -> Certificate | None:
        return next((c for c in self.store.kept.certificates.values() if getattr(c, member) == value), None)
