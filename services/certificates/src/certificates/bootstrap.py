"""The one place that names concrete classes."""

import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import structlog
from prometheus_client import Metric
from pymongo.client_session import ClientSession

from certificates.adapters.attachments import grid_store
from certificates.adapters.attachments.aes_siv_sealing import AesSivSealing
from certificates.adapters.attachments.child_judge import ChildJudge
from certificates.adapters.attachments.grid_store import GridStore
from certificates.adapters.mongo import applications as mongo_applications
from certificates.adapters.mongo import attachments as mongo_attachments
from certificates.adapters.mongo import certificates as mongo_certificates
from certificates.adapters.mongo import desk_healths as mongo_desk_healths
from certificates.adapters.mongo import desk_times as mongo_desk_times
from certificates.adapters.mongo import drafts as mongo_drafts
from certificates.adapters.mongo import officers as mongo_officers
from certificates.adapters.mongo import personal as mongo_personal
from certificates.adapters.mongo import revocations as mongo_revocations
from certificates.adapters.mongo import status_places as mongo_status_places
from certificates.adapters.mongo.applications import MongoApplications
from certificates.adapters.mongo.attachments import MongoAttachments
from certificates.adapters.mongo.certificates import MongoCertificates
from certificates.adapters.mongo.desk_healths import MongoDeskHealths
from certificates.adapters.mongo.desk_times import MongoDeskTimes
from certificates.adapters.mongo.drafts import MongoDrafts
from certificates.adapters.mongo.officers import MongoBulkDecisions, MongoCharges, MongoQueues, MongoTakings
from certificates.adapters.mongo.revocations import MongoRevocations
from certificates.adapters.mongo.status_places import MongoStatusPlaces
from certificates.adapters.rendering.typst_papers import TypstPapers
from certificates.adapters.rulebook.department_types import DepartmentTypes
from certificates.adapters.rulebook.lint import lint_types
from certificates.adapters.rulebook.rulebook_files import SHIPPED_TYPES, load_rulebook, load_types
from certificates.adapters.signatures.data_integrity import DataIntegrityProofs
from certificates.adapters.signatures.jws_signatures import JwsKeys, JwsSignatures
from certificates.adapters.signatures.pdf_seal import PdfSeal, SealedPdfs
from certificates.application.applications.check_answers import AnswersCheck
from certificates.application.applications.escalate_applications import EscalateApplicationsHandler
from certificates.application.applications.expire_applications import ExpireApplicationsHandler
from certificates.application.applications.read_applications import ApplicationReader
from certificates.application.applications.record_fee_payment import RecordFeePaymentHandler
from certificates.application.applications.record_refund import RecordRefundHandler
from certificates.application.applications.resubmit_application import ResubmitApplicationHandler
from certificates.application.applications.submit_application import SubmitApplicationHandler
from certificates.application.applications.withdraw_application import WithdrawApplicationHandler
from certificates.application.attachments.ports import ContentStore
from certificates.application.attachments.read_attachments import AttachmentReader
from certificates.application.attachments.receive_attachment import AttachmentReceiver
from certificates.application.attachments.reseal_attachments import ResealAttachmentsHandler
from certificates.application.attachments.sweep_attachments import SweepAttachmentsHandler
from certificates.application.certificates.issue_certificate import IssueCertificateHandler
from certificates.application.certificates.ports import Keys, Signatures
from certificates.application.certificates.read_certificates import CertificateReader
from certificates.application.certificates.read_credentials import CredentialReader
from certificates.application.certificates.read_papers import PaperReader
from certificates.application.drafts.keep_draft import DraftKeeper
from certificates.application.likenesses.read_likenesses import LikenessReader
from certificates.application.officers.begin_bulk_decision import BeginBulkDecisionHandler
from certificates.application.officers.decide_application import DecideApplicationHandler
from certificates.application.officers.decide_in_bulk import DecideInBulkHandler
from certificates.application.officers.hand_over_charge import HandOverChargeHandler
from certificates.application.officers.ports import Takings
from certificates.application.officers.read_officers import OfficerReader
from certificates.application.officers.take_application import TakeApplicationHandler
from certificates.application.revocations.decide_revocation import DecideRevocationHandler
from certificates.application.revocations.propose_revocation import ProposeRevocationHandler
from certificates.application.revocations.read_revocations import RevocationReader
from certificates.application.standing.ports import DeskHealths
from certificates.application.standing.read_standing import StandingReader
from certificates.application.standing.summarise_desk_times import SummariseDeskTimesHandler
from certificates.application.standing.watch_desks import WatchDesksHandler
from certificates.domain.applications.application import (
    ApplicationDecided,
    ApplicationExpired,
    ApplicationResubmitted,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    FeeRefused,
)
from certificates.domain.applications.escalate import StepDelayed
from certificates.domain.certificates.certificate import CertificateIssued, CertificateRevoked, CertificateSuperseded
from certificates.domain.rulebook import Rulebook
from certificates.domain.sla.calendar import civil_date
from certificates.domain.sla.desk_health import DeskDelayed
from certificates.settings import CertificatesSettings
from emitra_papers import qr_drawing
from servicekit.events import Outbox
from servicekit.instants import utc_now
from servicekit.keys import read_retired_keys, read_sealing_keys, read_signing_key
from servicekit.mongo import Mongo
from servicekit.personal import Erasures

log = structlog.get_logger(__name__)

__all__ = [
    "INDEXES", "PUBLISHES", "SHIPPED_TYPES", "Certificates", "bootstrap", "lint_types", "load_types", "public_keys",
    "qr_drawing",
]  # fmt: skip

PUBLISHES = [
    ApplicationSubmitted.type,
    ApplicationDecided.type,
    ApplicationResubmitted.type,
    ApplicationWithdrawn.type,
    ApplicationExpired.type,
    CertificateIssued.type,
    CertificateRevoked.type,
    CertificateSuperseded.type,
    FeeRefused.type,
    StepDelayed.type,
    DeskDelayed.type,
    mongo_personal.ANSWERED,
]
INDEXES = {
    **mongo_applications.INDEXES,
    **mongo_attachments.INDEXES,
    **mongo_drafts.INDEXES,
    **grid_store.INDEXES,
    **mongo_certificates.INDEXES,
    **mongo_desk_times.INDEXES,
    **mongo_desk_healths.INDEXES,
    **mongo_officers.INDEXES,
    **mongo_revocations.INDEXES,
    **mongo_status_places.INDEXES,
}
# Due dates lie up to this far ahead: when the known holidays end sooner, the next yearly order must be loaded.
HOLIDAYS_NEEDED_AHEAD = timedelta(days=60)


@dataclass(frozen=True)
class CertificatesWithin:
    """The use cases of consumed events, bound to the transaction that also records the event as handled."""

    record_fee_payment: RecordFeePaymentHandler
    record_refund: RecordRefundHandler


@dataclass(frozen=True)
class Certificates:
    """The application object that routes and consumers use."""

    rulebook: Rulebook
    drafts: DraftKeeper
    submit_application: SubmitApplicationHandler
    resubmit_application: ResubmitApplicationHandler
    withdraw_application: WithdrawApplicationHandler
    expire_applications: ExpireApplicationsHandler
    decide_application: DecideApplicationHandler
    take_application: TakeApplicationHandler
    takings: Takings
    hand_over_charge: HandOverChargeHandler
    begin_bulk_decision: BeginBulkDecisionHandler
    decide_in_bulk: DecideInBulkHandler
    officers: OfficerReader
    likenesses: LikenessReader
    applications: ApplicationReader
    standing: StandingReader
    summarise_desk_times: SummariseDeskTimesHandler
    watch_desks: WatchDesksHandler
    desk_healths: DeskHealths
    escalate_applications: EscalateApplicationsHandler
    certificates: CertificateReader
    papers: PaperReader
    credentials: CredentialReader
    propose_revocation: ProposeRevocationHandler
    decide_revocation: DecideRevocationHandler
    revocations: RevocationReader
    receive_attachment: AttachmentReceiver
    attachments: AttachmentReader
    sweep_attachments: SweepAttachmentsHandler
    reseal_attachments: ResealAttachmentsHandler
    signatures: Signatures
    erasures: Erasures
    _store: MongoApplications

    def measure(self) -> list[Metric]:
        """What Prometheus learns of applications and their days."""
        return self._store.measure(civil_date(utc_now()))

    def within(self, session: ClientSession) -> CertificatesWithin:
        """The use cases of consumed events, which write in the transaction of `session`."""
        changes = self._store.within(session)
        return CertificatesWithin(RecordFeePaymentHandler(self.rulebook, changes), RecordRefundHandler(changes))


def bootstrap(settings: CertificatesSettings, mongo: Mongo) -> Certificates:
    """Reads the rulebook and wires the service. Raises RulebookInvalid with every problem of every file."""
    rulebook = load_rulebook(Path(settings.application_types_dir) if settings.application_types_dir else SHIPPED_TYPES)
    if settings.department_types_dir:
        rulebook = replace(rulebook, types=DepartmentTypes(dict(rulebook.types), Path(settings.department_types_dir)))
    if civil_date(utc_now()) + HOLIDAYS_NEEDED_AHEAD > rulebook.calendar.known_until:
        log.warning("holidays_run_out", known_until=rulebook.calendar.known_until.isoformat())
    signing_key = read_signing_key(settings.certificate_signing_key)
    retired_keys = read_retired_keys(settings.certificate_retired_keys)
    signatures = JwsSignatures(signing_key, retired_keys)
    address = settings.public_address
    proofs = DataIntegrityProofs(address, signing_key, retired_keys) if address else None
    outbox = Outbox(mongo.db, settings.service_name)
    store, revocations = MongoApplications(mongo, outbox), MongoRevocations(mongo, outbox)
    certificates = MongoCertificates(mongo)
    reader = CertificateReader(rulebook, certificates, signatures, SealedPdfs([*retired_keys, signing_key]))
    issue_certificate = IssueCertificateHandler(
        rulebook, certificates, signatures, secrets.randbits, test=settings.environment == "sandbox"
    )
    takings, charges, bulk_decisions = MongoTakings(mongo), MongoCharges(mongo), MongoBulkDecisions(mongo)
    officers = OfficerReader(rulebook, MongoQueues(mongo), takings, charges, bulk_decisions)
    decide_application = DecideApplicationHandler(rulebook, store, issue_certificate, takings)
    applications = ApplicationReader(rulebook, store, store)
    attachments, drafts = MongoAttachments(mongo), MongoDrafts(mongo)
    desk_times, desk_healths = MongoDeskTimes(mongo), MongoDeskHealths(mongo, outbox)
    check = AnswersCheck(rulebook, certificates, attachments)
    files = _content_store(settings, mongo)
    sealing = AesSivSealing(read_sealing_keys(settings.attachment_keys))
    return Certificates(
        rulebook=rulebook,
        drafts=DraftKeeper(rulebook, drafts, sealing),
        submit_application=SubmitApplicationHandler(rulebook, store, check, drafts),
        resubmit_application=ResubmitApplicationHandler(rulebook, store, applications, check),
        withdraw_application=WithdrawApplicationHandler(rulebook, store, applications),
        expire_applications=ExpireApplicationsHandler(rulebook, store),
        decide_application=decide_application,
        take_application=TakeApplicationHandler(rulebook, store, takings),
        takings=takings,
        hand_over_charge=HandOverChargeHandler(rulebook, charges),
        begin_bulk_decision=BeginBulkDecisionHandler(bulk_decisions),
        decide_in_bulk=DecideInBulkHandler(store, decide_application, bulk_decisions, officers, utc_now),
        officers=officers,
        likenesses=LikenessReader(rulebook, applications, store),
        applications=applications,
        standing=StandingReader(rulebook, applications, desk_times),
        watch_desks=WatchDesksHandler(rulebook, MongoQueues(mongo), desk_times, desk_healths),
        desk_healths=desk_healths,
        escalate_applications=EscalateApplicationsHandler(store),
        summarise_desk_times=SummariseDeskTimesHandler(rulebook, desk_times),
        certificates=reader,
        papers=PaperReader(rulebook, reader, TypstPapers(), PdfSeal(signing_key)),
        credentials=CredentialReader(reader, MongoStatusPlaces(mongo, secrets.randbelow), proofs, address),
        propose_revocation=ProposeRevocationHandler(rulebook, certificates, revocations),
        decide_revocation=DecideRevocationHandler(rulebook, certificates, revocations),
        revocations=RevocationReader(reader, revocations),
        receive_attachment=AttachmentReceiver(attachments, files, sealing, ChildJudge()),
        attachments=AttachmentReader(attachments, applications, files, sealing),
        sweep_attachments=SweepAttachmentsHandler(attachments, files),
        reseal_attachments=ResealAttachmentsHandler([attachments, drafts], sealing),
        signatures=signatures,
        erasures=Erasures(mongo, outbox, mongo_personal.MongoPersonal(mongo), mongo_personal.ANSWERED),
        _store=store,
    )


def public_keys(text: str) -> Keys:
    """What verifies with the keys that `GET /v1/certificate-keys` answers, without a line.

    Raises ValidationError, where the text is no such answer.
    """
    return JwsKeys(read_retired_keys(text))


def _content_store(settings: CertificatesSettings, mongo: Mongo) -> ContentStore:
    if not settings.attachment_store:
        return GridStore(mongo.db)
    # Imported where it is used: its library takes a quarter of a second and 20 MB.
    from certificates.adapters.attachments.s3_store import S3Store  # noqa: PLC0415

    access_key, _, secret_key = settings.attachment_store_credentials.partition(":")
    return S3Store(settings.attachment_store, access_key, secret_key)
