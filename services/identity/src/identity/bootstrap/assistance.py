"""Acting for a person."""

from collections.abc import Callable
from dataclasses import dataclass

from pymongo.client_session import ClientSession

from identity.adapters.assisted_acts import assisted_acts
from identity.adapters.code_file import CodeFile
from identity.adapters.mongo_assistances import MongoAssistances
from identity.adapters.mongo_cases import MongoCases
from identity.adapters.mongo_centres import MongoCentres
from identity.adapters.mongo_clients import MongoClients
from identity.adapters.mongo_notices import MongoNotices, NoticesWithin
from identity.adapters.mongo_people import MongoPeople
from identity.adapters.mongo_sign_ins import MongoSentCodes
from identity.adapters.mongo_vault import MongoVault
from identity.adapters.sms_gateway import SmsGateway
from identity.adapters.unit_of_work import MongoUnitOfWork
from identity.application.assistance.answer_case import AnswerCaseHandler
from identity.application.assistance.ask_consent import AskConsentHandler
from identity.application.assistance.dispute_assistance import DisputeAssistanceHandler
from identity.application.assistance.exchange_assistance import ExchangeAssistanceHandler
from identity.application.assistance.give_consent import GiveConsentHandler as AgreeHandler
from identity.application.assistance.note_act import NoteActHandler
from identity.application.assistance.read_assistances import AssistanceReader
from identity.application.assistance.send_notices import SendNoticesHandler
from identity.application.assistance.withdraw_assistance import WithdrawAssistanceHandler
from identity.application.tokens.ports import TokenSigner
from identity.application.tokens.read_token import TokenReader
from identity.bootstrap.vault import Vault
from servicekit.mongo import Mongo

NOT_ME_PATH = "/v1/not-me"


@dataclass(frozen=True, kw_only=True)
class Assistance:
    """The use cases of acting for a person."""

    ask: AskConsentHandler
    agree: AgreeHandler
    exchange: ExchangeAssistanceHandler
    withdraw: WithdrawAssistanceHandler
    dispute: DisputeAssistanceHandler
    read: AssistanceReader
    answer: AnswerCaseHandler
    send_notices: SendNoticesHandler
    note_act: Callable[[ClientSession], NoteActHandler]


def assistance_of(
    mongo: Mongo,
    issuer: str,
    key: bytes,
    assistances: MongoAssistances,
    clients: MongoClients,
    owners: MongoUnitOfWork,
    vault: Vault,
    tokens: TokenReader,
    signer: TokenSigner,
    sender: CodeFile | SmsGateway | None,
) -> Assistance:
    """On the parts that it shares with signing in and with tokens."""
    cases, listed = MongoCases(mongo), assisted_acts()
    read = AssistanceReader(assistances=assistances, cases=cases)
    return Assistance(
        ask=AskConsentHandler(
            assistances=assistances,
            clients=clients,
            acts=listed.acts,
            consent_text=listed.consent_text,
            sent=MongoSentCodes(mongo.db),
            store=vault.store,
            detokenise=vault.detokenise,
            sender=sender,
            key=key,
        ),
        agree=AgreeHandler(
            assistances=assistances,
            owners=owners,
            records=MongoVault(mongo),
            read=read,
            consent_text=listed.consent_text,
            key=key,
        ),
        exchange=ExchangeAssistanceHandler(
            assistances=assistances,
            people=MongoPeople(mongo.db),
            centres=MongoCentres(mongo.db),
            reader=tokens,
            signer=signer,
            issuer=issuer,
        ),
        withdraw=WithdrawAssistanceHandler(assistances=assistances),
        dispute=DisputeAssistanceHandler(assistances=assistances, read=read),
        read=read,
        answer=AnswerCaseHandler(cases=cases, read=read),
        send_notices=SendNoticesHandler(
            notices=MongoNotices(mongo),
            assistances=assistances,
            clients=clients,
            detokenise=vault.detokenise,
            sender=sender,
            link_base=f"{issuer}{NOT_ME_PATH}/",
            key=key,
        ),
        note_act=lambda session: NoteActHandler(NoticesWithin(mongo, session)),
    )
