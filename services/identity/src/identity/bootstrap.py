"""Puts identity together: the only place that names concrete adapters."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import structlog
from pymongo.client_session import ClientSession

from identity.adapters import (
    mongo_assistances,
    mongo_breaches,
    mongo_cases,
    mongo_clients,
    mongo_consents,
    mongo_erasures,
    mongo_notices,
    mongo_people,
    mongo_recoveries,
    mongo_sign_ins,
    mongo_tokens,
    mongo_vault,
    mongo_windows,
    privacy_files,
)
from identity.adapters.assisted_acts import assisted_acts
from identity.adapters.client_assertions import JoseAssertions, read_public_keys
from identity.adapters.code_file import CodeFile
from identity.adapters.events import PUBLISHES as TOLD_CHANGES
from identity.adapters.events import Cause
from identity.adapters.key_stores.key_file import KeyFile
from identity.adapters.key_stores.no_keys import NoKeys
from identity.adapters.key_stores.pkcs11_token import Pkcs11Token
from identity.adapters.mongo_assistances import DISPUTED, WITHDRAWN, MongoAssistances
from identity.adapters.mongo_breaches import MongoBreaches
from identity.adapters.mongo_cases import MongoCases
from identity.adapters.mongo_centres import CentresWithin, MongoCentres
from identity.adapters.mongo_clients import MongoClients
from identity.adapters.mongo_consents import MongoConsents
from identity.adapters.mongo_erasures import MongoErasures
from identity.adapters.mongo_factors import MongoFactorStore
from identity.adapters.mongo_failed_authentications import MongoFailedAuthentications
from identity.adapters.mongo_kept import MongoKept
from identity.adapters.mongo_notices import MongoNotices, NoticesWithin
from identity.adapters.mongo_own_data import MongoOwnData
from identity.adapters.mongo_people import MongoPeople
from identity.adapters.mongo_recoveries import MongoRecoveries
from identity.adapters.mongo_sign_ins import MongoDevices, MongoNumbers, MongoSentCodes, MongoSignIns
from identity.adapters.mongo_signing_keys import MongoSigningKeys
from identity.adapters.mongo_tokens import MongoGrants, MongoRevokedTokens, MongoUsedAssertions
from identity.adapters.mongo_vault import MongoVault
from identity.adapters.passkeys import passkeys_of
from identity.adapters.privacy_events import CONSENT_WITHDRAWN, ERASURE_COMPLETED, ERASURE_REQUESTED
from identity.adapters.recovery_changes import MongoRecoveryChanges
from identity.adapters.sandbox_file import JsonSandboxFile
from identity.adapters.signing import JoseSigner
from identity.adapters.sms_gateway import SmsGateway
from identity.adapters.told_changes import ToldChanges
from identity.adapters.unit_of_work import MongoUnitOfWork
from identity.adapters.vault_purposes import purposes
from identity.application.assistance.answer_case import AnswerCaseHandler
from identity.application.assistance.ask_consent import AskConsentHandler
from identity.application.assistance.dispute_assistance import DisputeAssistanceHandler
from identity.application.assistance.exchange_assistance import ExchangeAssistanceHandler
from identity.application.assistance.give_consent import GiveConsentHandler as AgreeHandler
from identity.application.assistance.note_act import NoteActHandler
from identity.application.assistance.read_assistances import AssistanceReader
from identity.application.assistance.send_notices import SendNoticesHandler
from identity.application.assistance.withdraw_assistance import WithdrawAssistanceHandler
from identity.application.centres.approve_centre import ApproveCentreHandler
from identity.application.centres.note_standing import NoteStandingHandler
from identity.application.clients.authenticate_client import AuthenticateClientHandler
from identity.application.clients.claim_client import ClaimClientHandler
from identity.application.clients.create_client import CreateClientHandler
from identity.application.clients.ports import CentresClients, Clients, SandboxFile
from identity.application.clients.revoke_client import RevokeClientHandler
from identity.application.clients.rotate_client_secret import RotateClientSecretHandler
from identity.application.clients.seed_sandbox import SeedSandboxHandler
from identity.application.factors.secret_box import SecretBox
from identity.application.people.change_right import ChangeRightHandler
from identity.application.people.grant_right import GrantRightHandler
from identity.application.people.move_officer import MoveOfficerHandler
from identity.application.people.ports import People
from identity.application.people.record_person import RecordPersonHandler
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
from identity.application.recovery.apply_recovery import ApplyRecoveryHandler
from identity.application.recovery.decide_recovery import DecideRecoveryHandler
from identity.application.recovery.open_recovery import OpenRecoveryHandler
from identity.application.recovery.stop_recovery import StopRecoveryHandler
from identity.application.sign_in.act_as import ActAsHandler
from identity.application.sign_in.begin_sign_in import BeginSignInHandler
from identity.application.sign_in.check_code import CheckCodeHandler
from identity.application.sign_in.end_sign_in import EndSignInHandler
from identity.application.sign_in.enrol_factor import EnrolFactorHandler
from identity.application.sign_in.give_number import GiveNumberHandler
from identity.application.sign_in.prove_factor import ProveFactorHandler
from identity.application.sign_in.read_choices import ChoiceReader
from identity.application.sign_in.read_factors import FactorReader, Offered
from identity.application.sign_in.read_sign_in import SignInReader
from identity.application.sign_in.recover_number import RecoverNumberHandler
from identity.application.sign_in.renew_recovery_codes import RenewRecoveryCodesHandler
from identity.application.sign_in.send_code import SendCodeHandler
from identity.application.tokens.issue_token import IssueTokenHandler
from identity.application.tokens.ports import Grants, SigningKeys, TokenSigner
from identity.application.tokens.read_token import TokenReader
from identity.application.tokens.redeem_code import RedeemCodeHandler
from identity.application.tokens.remove_signing_key import RemoveSigningKeyHandler
from identity.application.tokens.retire_signing_keys import RetireSigningKeysHandler
from identity.application.tokens.revoke_token import RevokeTokenHandler
from identity.application.tokens.rotate_refresh_token import RotateRefreshTokenHandler
from identity.application.tokens.rotate_signing_keys import RotateSigningKeysHandler
from identity.application.vault.detokenise_identifier import DetokeniseIdentifierHandler
from identity.application.vault.envelope import Envelope
from identity.application.vault.erase_identifier import EraseIdentifierHandler
from identity.application.vault.ports import KeyStore
from identity.application.vault.read_vault import VaultReader
from identity.application.vault.reencrypt_records import ReencryptRecordsHandler
from identity.application.vault.reindex_records import ReindexRecordsHandler
from identity.application.vault.remove_key import RemoveKeyHandler
from identity.application.vault.rotate_keys import RotateKeysHandler
from identity.application.vault.store_identifier import StoreIdentifierHandler
from identity.domain.privacy.retention import Ends
from identity.domain.sign_in.sign_in import SignIn
from identity.domain.tokens.access_token import AUDIENCE
from identity.settings import Settings, key_store_place, read_signing_keys
from servicekit.events import Outbox
from servicekit.ids import event_id
from servicekit.mongo import Mongo
from servicekit.mongo.idempotency import Idempotency

log = structlog.get_logger(__name__)

__all__ = [
    "INDEXES",
    "NOT_ME_PATH",
    "PUBLISHES",
    "TOKEN_PATH",
    "Assistance",
    "Identity",
    "Privacy",
    "Vault",
    "bootstrap",
    "read_public_keys",
]

PUBLISHES = [*TOLD_CHANGES, DISPUTED, WITHDRAWN, CONSENT_WITHDRAWN, ERASURE_REQUESTED, ERASURE_COMPLETED]
INDEXES = {
    **mongo_people.INDEXES,
    **mongo_clients.INDEXES,
    **mongo_windows.INDEXES,
    **mongo_tokens.INDEXES,
    **mongo_sign_ins.INDEXES,
    **mongo_recoveries.INDEXES,
    **mongo_vault.INDEXES,
    **mongo_assistances.INDEXES,
    **mongo_cases.INDEXES,
    **mongo_notices.INDEXES,
    **mongo_consents.INDEXES,
    **mongo_erasures.INDEXES,
    **mongo_breaches.INDEXES,
}
NOT_ME_PATH = "/v1/not-me"
TOKEN_PATH = "/v1/oauth2/token"  # noqa: S105 - an address


@dataclass(frozen=True, kw_only=True)
class Vault:
    """The use cases of the vault; where it is not open, there is no key store."""

    is_open: bool

    store: StoreIdentifierHandler
    detokenise: DetokeniseIdentifierHandler
    erase: EraseIdentifierHandler
    read: VaultReader
    rotate_keys: RotateKeysHandler
    remove_key: RemoveKeyHandler
    reencrypt: ReencryptRecordsHandler
    reindex: ReindexRecordsHandler


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


@dataclass(frozen=True, kw_only=True)
class IdentityWithin:
    """The use cases of consumed events, inside the transaction that records the event as handled."""

    approve_centre: ApproveCentreHandler
    note_standing: NoteStandingHandler


@dataclass(frozen=True, kw_only=True)
class Signing:
    """The keys that sign tokens, and what is done to them. `every` is after how long the next one is made."""

    signer: TokenSigner
    keys: SigningKeys
    rotate: RotateSigningKeysHandler
    retire: RetireSigningKeysHandler
    remove: RemoveSigningKeyHandler
    every: timedelta


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


@dataclass(frozen=True, kw_only=True)
class Identity:
    """The use cases, ready to be called, and what the public documents are made from."""

    issuer: str
    environment: str
    signing: Signing
    clients: Clients
    people: People
    grants: Grants
    authenticate_client: AuthenticateClientHandler
    issue_token: IssueTokenHandler
    redeem_code: RedeemCodeHandler
    rotate_refresh_token: RotateRefreshTokenHandler
    revoke_token: RevokeTokenHandler
    tokens: TokenReader
    begin_sign_in: BeginSignInHandler
    send_code: SendCodeHandler
    check_code: CheckCodeHandler
    choices: ChoiceReader
    act_as: ActAsHandler
    end_sign_in: EndSignInHandler
    sign_ins: SignInReader
    prove_factor: ProveFactorHandler
    enrol_factor: EnrolFactorHandler
    renew_recovery_codes: RenewRecoveryCodesHandler
    offered_factors: Callable[[SignIn], Offered]
    give_number: GiveNumberHandler
    record_person: RecordPersonHandler
    grant_right: GrantRightHandler
    change_right: ChangeRightHandler
    move_officer: MoveOfficerHandler
    open_recovery: OpenRecoveryHandler
    recover_number: RecoverNumberHandler
    decide_recovery: DecideRecoveryHandler
    stop_recovery: StopRecoveryHandler
    create_client: CreateClientHandler
    revoke_client: RevokeClientHandler
    rotate_client_secret: RotateClientSecretHandler
    claim_client: ClaimClientHandler
    centre_clients: CentresClients
    seed_sandbox: SeedSandboxHandler
    sandbox_file: Callable[[Path], SandboxFile]
    vault: Vault
    privacy: Privacy
    assistance: Assistance
    _centre_scopes: frozenset[str]
    _centres: MongoCentres
    _changes: ToldChanges
    _mongo: Mongo

    def within(self, session: ClientSession, request_id: str, event_id: str) -> IdentityWithin:
        """The use cases that write in the transaction of `session`, on behalf of an event."""
        clients, people = MongoClients(self._mongo.db, session), MongoPeople(self._mongo.db, session)
        centres = CentresWithin(self._centres, session)
        changes = self._changes.within(session, Cause(request_id, event_id))
        return IdentityWithin(
            approve_centre=ApproveCentreHandler(
                centres=centres,
                clients=clients,
                grant_right=GrantRightHandler(people=people, rights=changes),
                invitations=NoticesWithin(self._mongo, session),
                scopes=self._centre_scopes,
            ),
            note_standing=NoteStandingHandler(
                centres=centres,
                clients=clients,
                revoked=changes,
                people=people,
                change_right=ChangeRightHandler(people=people, rights=changes),
            ),
        )


def bootstrap(settings: Settings, mongo: Mongo) -> Identity:
    """The application on real parts; tests call it too."""
    db, issuer, key = mongo.db, settings.issuer, settings.people_key.encode()
    clients, people, grants = MongoClients(db), MongoPeople(db), MongoGrants(db)
    revoked, sign_ins, unit_of_work = MongoRevokedTokens(db), MongoSignIns(db), MongoUnitOfWork(mongo)
    centres, changes = MongoCentres(db), ToldChanges(mongo, Outbox(db, settings.service_name))
    choices = ChoiceReader(people=people, centres=centres)
    assistances = MongoAssistances(mongo, Idempotency(mongo), Outbox(mongo.db, settings.service_name))
    key_store, of_setting = _key_store(settings), read_signing_keys(settings.signing_keys)
    signing_keys = MongoSigningKeys(mongo, Envelope(key_store), of_setting)
    signer = JoseSigner(signing_keys.open_keys, issuer, AUDIENCE)
    sender, recoveries = _sender(settings), MongoRecoveries(db)
    numbers, factors, box, passkeys = MongoNumbers(db), MongoFactorStore(db), SecretBox(key), passkeys_of(issuer)
    recovery_changes = MongoRecoveryChanges(mongo, changes)
    apply_recovery = ApplyRecoveryHandler(
        recoveries=recoveries, changes=recovery_changes, numbers=numbers, notices=sender, box=box
    )
    open_recovery = OpenRecoveryHandler(
        recoveries=recoveries, numbers=numbers, notices=sender, box=box, issuer=issuer, key=key
    )
    wait = None if settings.recovery_wait_hours is None else timedelta(hours=settings.recovery_wait_hours)
    reader = TokenReader(
        clients=clients,
        grants=grants,
        people=people,
        centres=centres,
        revoked=revoked,
        assistances=assistances,
        signer=signer,
        issuer=issuer,
    )
    vault = _vault(settings, mongo, key_store, signing_keys)
    return Identity(
        issuer=issuer,
        environment=settings.environment,
        signing=Signing(
            signer=signer,
            keys=signing_keys,
            rotate=RotateSigningKeysHandler(signing_keys),
            retire=RetireSigningKeysHandler(signing_keys),
            remove=RemoveSigningKeyHandler(signing_keys),
            every=timedelta(days=settings.signing_key_days),
        ),
        clients=clients,
        people=people,
        grants=grants,
        authenticate_client=AuthenticateClientHandler(
            clients=clients,
            failures=MongoFailedAuthentications(db, settings.cursor_secret.encode()),
            assertions=JoseAssertions([issuer, issuer + TOKEN_PATH]),
            used_assertions=MongoUsedAssertions(db),
        ),
        issue_token=IssueTokenHandler(centres=centres, signer=signer, issuer=issuer),
        redeem_code=RedeemCodeHandler(
            grants=grants,
            ended=changes,
            exchanges=unit_of_work,
            people=people,
            centres=centres,
            signer=signer,
            issuer=issuer,
        ),
        rotate_refresh_token=RotateRefreshTokenHandler(
            grants=grants,
            ended=changes,
            exchanges=unit_of_work,
            people=people,
            centres=centres,
            signer=signer,
            issuer=issuer,
        ),
        revoke_token=RevokeTokenHandler(
            grants=grants, ended=changes, ended_alone=changes, revoked=revoked, signer=signer
        ),
        tokens=reader,
        begin_sign_in=BeginSignInHandler(sign_ins=sign_ins),
        send_code=SendCodeHandler(
            sign_ins=sign_ins,
            sent=MongoSentCodes(db),
            devices=MongoDevices(db),
            sender=sender,
            codes_a_day=settings.codes_a_day,
            key=key,
        ),
        check_code=CheckCodeHandler(sign_ins=sign_ins, choices=choices, apply_recovery=apply_recovery, key=key),
        choices=choices,
        act_as=ActAsHandler(sign_ins=sign_ins, completions=unit_of_work, choices=choices, box=box),
        prove_factor=ProveFactorHandler(
            sign_ins=sign_ins, factors=factors, changes=unit_of_work, passkeys=passkeys, box=box
        ),
        enrol_factor=EnrolFactorHandler(sign_ins=sign_ins, changes=unit_of_work, passkeys=passkeys, box=box),
        renew_recovery_codes=RenewRecoveryCodesHandler(sign_ins=sign_ins, changes=unit_of_work),
        end_sign_in=EndSignInHandler(sign_ins=sign_ins, completions=unit_of_work, people=people, choices=choices),
        sign_ins=SignInReader(sign_ins=sign_ins),
        offered_factors=FactorReader(factors=factors, passkeys=passkeys, box=box).offered,
        give_number=GiveNumberHandler(people=people, numbers=numbers, key=key),
        record_person=RecordPersonHandler(owners=unit_of_work, key=key),
        grant_right=GrantRightHandler(people=people, rights=changes),
        change_right=ChangeRightHandler(people=people, rights=changes),
        move_officer=MoveOfficerHandler(people=people, rights=changes),
        open_recovery=open_recovery,
        recover_number=RecoverNumberHandler(
            sign_ins=sign_ins,
            numbers=numbers,
            factors=factors,
            open_recovery=open_recovery,
            apply_recovery=apply_recovery,
            changes=recovery_changes,
            wait=wait,
            key=key,
        ),
        decide_recovery=DecideRecoveryHandler(recoveries=recoveries, wait=wait),
        stop_recovery=StopRecoveryHandler(recoveries=recoveries),
        create_client=CreateClientHandler(clients=clients, people=people),
        revoke_client=RevokeClientHandler(revoked=changes),
        rotate_client_secret=RotateClientSecretHandler(clients),
        claim_client=ClaimClientHandler(clients=clients),
        centre_clients=clients,
        seed_sandbox=SeedSandboxHandler(
            clients=clients,
            people=people,
            rights=changes,
            owners=unit_of_work,
            key=key,
            environment=settings.environment,
        ),
        sandbox_file=JsonSandboxFile,
        privacy=_privacy(settings, mongo),
        vault=vault,
        assistance=_assistance(mongo, issuer, key, assistances, clients, unit_of_work, vault, reader, signer, sender),
        _centre_scopes=settings.centre_scopes,
        _centres=centres,
        _changes=changes,
        _mongo=mongo,
    )


def _assistance(
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
            assistances=assistances, owners=owners, read=read, consent_text=listed.consent_text, key=key
        ),
        exchange=ExchangeAssistanceHandler(
            assistances=assistances, centres=MongoCentres(mongo.db), reader=tokens, signer=signer, issuer=issuer
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


def _sender(settings: Settings) -> CodeFile | SmsGateway | None:
    """Who brings codes and notices to phones; None where nobody does."""
    live = settings.environment == "live"
    if not settings.people_key:
        if live:
            log.warning("nobody_can_sign_in", missing="PEOPLE_KEY")
        return None
    if settings.sms_gateway_url:
        for name, unset in (
            ("SMS_CODE_TEMPLATE", not settings.sms_code_template),
            ("SMS_NOTICE_TEMPLATE", not settings.sms_notice_template),
            ("CODES_A_DAY", settings.codes_a_day is None),
            ("RECOVERY_WAIT_HOURS", settings.recovery_wait_hours is None),
        ):
            if live and unset:
                log.warning("setting_is_unset", setting=name, meaning="see identity settings")
        return SmsGateway(
            settings.sms_gateway_url,
            settings.sms_gateway_token,
            code_template=settings.sms_code_template,
            notice_template=settings.sms_notice_template,
        )
    if settings.code_file:
        return CodeFile(Path(settings.code_file))
    if live:
        log.warning("nobody_can_sign_in", missing="SMS_GATEWAY_URL")
    return None


def _vault(settings: Settings, mongo: Mongo, keys: KeyStore, signing_keys: MongoSigningKeys) -> Vault:
    records, listed = MongoVault(mongo), purposes()
    envelope, also_closed = Envelope(keys), (signing_keys,)
    return Vault(
        is_open=bool(settings.vault_key_store),
        store=StoreIdentifierHandler(
            records=records,
            envelope=envelope,
            people=MongoPeople(mongo.db),
            sandbox=settings.environment == "sandbox",
        ),
        detokenise=DetokeniseIdentifierHandler(records=records, envelope=envelope, purposes=listed),
        erase=EraseIdentifierHandler(records),
        read=VaultReader(records, keys, listed, also_closed),
        rotate_keys=RotateKeysHandler(keys),
        remove_key=RemoveKeyHandler(keys, records, also_closed),
        reencrypt=ReencryptRecordsHandler(records, envelope, also_closed),
        reindex=ReindexRecordsHandler(records, envelope),
    )


def _privacy(settings: Settings, mongo: Mongo) -> Privacy:
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
            people=people, data=MongoOwnData(mongo.db), consents=consents, erasures=erasures, breaches=breaches
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
    )


def _key_store(settings: Settings) -> KeyStore:
    if not settings.vault_key_store:
        return NoKeys()
    place = key_store_place(settings.vault_key_store)
    if place.file:
        return KeyFile(Path(place.file))
    return Pkcs11Token(place.module, place.token, settings.vault_pin)
