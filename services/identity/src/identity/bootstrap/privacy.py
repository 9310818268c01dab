"""People's rights over their data."""

from dataclasses import dataclass
from datetime import timedelta

from pymongo.client_session import ClientSession

from identity.adapters import (
    mongo_breaches,
    privacy_files,
)
from identity.adapters.mongo_breaches import MongoBreaches
from identity.adapters.mongo_consents import MongoConsents
from identity.adapters.mongo_erasures import MongoErasures
from identity.adapters.mongo_kept import MongoKept
from identity.adapters.mongo_own_data import MongoOwnData
from identity.adapters.mongo_people import MongoPeople
from identity.adapters.mongo_vault import MongoVault
from identity.application.privacy.answer_erasure import AnswerErasureHandler
from identity.application.privacy.enforce_retention import EnforceRetentionHandler
from identity.application.privacy.give_consent import GiveConsentHandler
from identity.application.privacy.read_breaches import BreachReader
from identity.application.privacy.read_erasures import ErasureReader
from identity.application.privacy.read_notices import NoticeReader
from identity.application.privacy.read_own_data import OwnDataReader
from identity.application.privacy.read_retention import RetentionReader
from identity.application.privacy.record_breach import RecordBreachHandler
from identity.application.privacy.record_intimation import RecordIntimationHandler
from identity.application.privacy.request_erasure import RequestErasureHandler
from identity.application.privacy.run_erasures import RunErasuresHandler
from identity.application.privacy.tell_breaches import TellBreachesHandler
from identity.application.privacy.withdraw_consent import WithdrawConsentHandler
from identity.application.privacy.withdraw_erasure import WithdrawErasureHandler
from identity.domain.privacy.retention import Ends
from identity.settings import Settings
from servicekit.events import Outbox
from servicekit.ids import event_id
from servicekit.mongo import Mongo


@dataclass(frozen=True, kw_only=True)
class Privacy:
    """The use cases of people's rights."""

    notices: NoticeReader
    give_consent: GiveConsentHandler
    withdraw_consent: WithdrawConsentHandler
    own_data: OwnDataReader
    request_erasure: RequestErasureHandler
    withdraw_erasure: WithdrawErasureHandler
    answer_erasure: AnswerErasureHandler
    run_erasures: RunErasuresHandler
    erasures: ErasureReader
    record_breach: RecordBreachHandler
    record_intimation: RecordIntimationHandler
    tell_breaches: TellBreachesHandler
    breaches: BreachReader
    enforce_retention: EnforceRetentionHandler
    retention: RetentionReader
    _erasures: MongoErasures

    def answering_within(self, session: ClientSession) -> AnswerErasureHandler:
        """The use case of a service's answer that came as an event, in the transaction of `session`."""
        return AnswerErasureHandler(erasures=self._erasures.within(session), reasons=self.erasures.reasons)


def privacy_of(settings: Settings, mongo: Mongo) -> Privacy:
    """On the files of notices, reasons and retention."""
    outbox, people, rows = Outbox(mongo.db, settings.service_name), MongoPeople(mongo.db), privacy_files.retention()
    notices, reasons = NoticeReader(privacy_files.notices()), privacy_files.reasons()
    consents, breaches, kept = MongoConsents(mongo, outbox), MongoBreaches(mongo), MongoKept(mongo.db)
    personal = {row.collection: row.field for row in rows.values() if row.ends is Ends.WITH_PERSON and row.field}
    erasures = MongoErasures(mongo, outbox, MongoVault(mongo), personal)
    reader = ErasureReader(people=people, erasures=erasures, reasons=reasons, asked=settings.erasure_waits_for)
    return Privacy(
        notices=notices,
        give_consent=GiveConsentHandler(
            people=people, notices=notices, consents=consents, complete_only=settings.environment != "sandbox"
        ),
        withdraw_consent=WithdrawConsentHandler(people=people, consents=consents),
        own_data=OwnDataReader(
            people=people,
            data=MongoOwnData(mongo.db),
            consents=consents,
            erasures=erasures,
            breaches=breaches,
            others=settings.erasure_waits_for,
        ),
        request_erasure=RequestErasureHandler(
            people=people, erasures=erasures, cooling_off=timedelta(hours=settings.erasure_cooling_off_hours)
        ),
        withdraw_erasure=WithdrawErasureHandler(erasures=erasures, reader=reader),
        answer_erasure=AnswerErasureHandler(erasures=erasures, reasons=reasons),
        run_erasures=RunErasuresHandler(erasures=erasures, reader=reader, new_event_id=event_id),
        erasures=reader,
        record_breach=RecordBreachHandler(breaches, mongo_breaches.has_number),
        record_intimation=RecordIntimationHandler(breaches),
        tell_breaches=TellBreachesHandler(breaches, mongo_breaches.tell_overdue),
        breaches=BreachReader(breaches),
        enforce_retention=EnforceRetentionHandler(kept, rows),
        retention=RetentionReader(kept, rows),
        _erasures=erasures,
    )
