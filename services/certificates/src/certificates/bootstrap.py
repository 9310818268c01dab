"""The one place that names concrete classes."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from pymongo.client_session import ClientSession

from certificates.adapters.mongo.applications import INDEXES, MongoApplications, MongoCertificates
from certificates.adapters.rulebook.rulebook_files import SHIPPED_TYPES, load_rulebook
from certificates.adapters.signatures.jws_signatures import JwsSignatures
from certificates.application.applications.ports import Signatures
from certificates.application.applications.read_applications import ApplicationReader
from certificates.application.applications.record_fee_payment import RecordFeePayment, RecordFeePaymentHandler
from certificates.application.applications.submit_application import SubmitApplicationHandler
from certificates.application.certificates.read_certificates import CertificateReader
from certificates.application.officers.decide_application import DecideApplicationHandler
from certificates.domain.rulebook import Rulebook
from certificates.domain.sla.calendar import civil_date
from certificates.settings import CertificatesSettings, read_retired_keys, read_signing_key
from servicekit.events.outbox import Outbox
from servicekit.mongo import Mongo

__all__ = ["INDEXES", "Certificates", "bootstrap"]

log = structlog.get_logger(__name__)

# A due date may lie this far ahead; when the known holidays end sooner, somebody must load the next yearly order.
HOLIDAYS_NEEDED_AHEAD = timedelta(days=60)


@dataclass(frozen=True)
class Certificates:
    """What routes and consumers are given."""

    rulebook: Rulebook
    submit_application: SubmitApplicationHandler
    decide_application: DecideApplicationHandler
    applications: ApplicationReader
    certificates: CertificateReader
    signatures: Signatures
    _store: MongoApplications
    _record_fee_payment: RecordFeePaymentHandler

    def record_fee_payment(self, command: RecordFeePayment, session: ClientSession) -> None:
        """Records the payment inside the session's transaction. Raises ApplicationNotFound."""
        self._record_fee_payment(command, self._store.within(session))


def bootstrap(settings: CertificatesSettings, mongo: Mongo) -> Certificates:
    """Reads the rulebook and wires the service. Raises RulebookInvalid with every problem of every file."""
    rulebook = load_rulebook(Path(settings.application_types_dir) if settings.application_types_dir else SHIPPED_TYPES)
    if civil_date(datetime.now(UTC)) + HOLIDAYS_NEEDED_AHEAD > rulebook.calendar.known_until:
        log.warning("holidays_run_out", known_until=rulebook.calendar.known_until.isoformat())
    signatures = JwsSignatures(
        read_signing_key(settings.certificate_signing_key), read_retired_keys(settings.certificate_retired_keys)
    )
    store = MongoApplications(mongo, Outbox(mongo.db, settings.service_name))
    return Certificates(
        rulebook=rulebook,
        submit_application=SubmitApplicationHandler(rulebook, store),
        decide_application=DecideApplicationHandler(
            rulebook, store, signatures, test=settings.environment == "sandbox"
        ),
        applications=ApplicationReader(rulebook, store, store),
        certificates=CertificateReader(rulebook, MongoCertificates(mongo), signatures),
        signatures=signatures,
        _store=store,
        _record_fee_payment=RecordFeePaymentHandler(rulebook),
    )
