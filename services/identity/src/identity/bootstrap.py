"""Puts identity together: the only place that names concrete adapters."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from identity.adapters import (
    mongo_breaches,
    mongo_consents,
    mongo_erasures,
    mongo_sign_ins,
    mongo_tokens,
    mongo_vault,
    mongo_windows,
    privacy_files,
)
from identity.adapters.client_assertions import JoseAssertions, read_public_keys
from identity.adapters.code_file import CodeFile
from identity.adapters.key_stores.key_file import KeyFile
from identity.adapters.key_stores.no_keys import NoKeys
from identity.adapters.key_stores.pkcs11_token import Pkcs11Token
from identity.adapters.mongo_breaches import MongoBreaches
from identity.adapters.mongo_clients import MongoClients
from identity.adapters.mongo_consents import MongoConsents
from identity.adapters.mongo_erasures import MongoErasures
from identity.adapters.mongo_failed_authentications import MongoFailedAuthentications
from identity.adapters.mongo_kept import MongoKept
from identity.adapters.mongo_own_data import MongoOwnData
from identity.adapters.mongo_people import MongoPeople
from identity.adapters.mongo_sign_ins import MongoDevices, MongoSentCodes, MongoSignIns
from identity.adapters.mongo_tokens import MongoGrants, MongoRevokedTokens, MongoUsedAssertions
from identity.adapters.mongo_vault import MongoVault
from identity.adapters.privacy_events import CONSENT_WITHDRAWN, ERASURE_COMPLETED, ERASURE_REQUESTED
from identity.adapters.sandbox_file import JsonSandboxFile
from identity.adapters.signing import Ed25519Signer
from identity.adapters.unit_of_work import MongoUnitOfWork
from identity.adapters.vault_purposes import purposes
from identity.application.clients.authenticate_client import AuthenticateClientHandler
from identity.application.clients.create_client import CreateClientHandler
from identity.application.clients.ports import Clients, SandboxFile
from identity.application.clients.revoke_client import RevokeClientHandler
from identity.application.clients.seed_sandbox import SeedSandboxHandler
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
from identity.application.sign_in.begin_sign_in import BeginSignInHandler
from identity.application.sign_in.check_code import CheckCodeHandler
from identity.application.sign_in.read_sign_in import SignInReader
from identity.application.sign_in.send_code import SendCodeHandler
from identity.application.tokens.issue_token import IssueTokenHandler
from identity.application.tokens.ports import Grants
from identity.application.tokens.read_token import TokenReader
from identity.application.tokens.redeem_code import RedeemCodeHandler
from identity.application.tokens.revoke_token import RevokeTokenHandler
from identity.application.tokens.rotate_refresh_token import RotateRefreshTokenHandler
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
from identity.domain.tokens.access_token import AUDIENCE
from identity.settings import Settings, key_store_place
from servicekit.events import Outbox
from servicekit.ids import event_id
from servicekit.mongo import Mongo

__all__ = ["INDEXES", "PUBLISHES", "TOKEN_PATH", "Identity", "Privacy", "Vault", "bootstrap", "read_public_keys"]

PUBLISHES = [CONSENT_WITHDRAWN, ERASURE_REQUESTED, ERASURE_COMPLETED]
INDEXES = {
    **mongo_windows.INDEXES,
    **mongo_tokens.INDEXES,
    **mongo_sign_ins.INDEXES,
    **mongo_vault.INDEXES,
    **mongo_consents.INDEXES,
    **mongo_erasures.INDEXES,
    **mongo_breaches.INDEXES,
}
TOKEN_PATH = "/v1/oauth2/token"  # noqa: S105 - an address


@dataclass(frozen=True, kw_only=True)
class Vault:
    """The use cases of the vault."""

    store: StoreIdentifierHandler
    detokenise: DetokeniseIdentifierHandler
    erase: EraseIdentifierHandler
    read: VaultReader
    rotate_keys: RotateKeysHandler
    remove_key: RemoveKeyHandler
    reencrypt: ReencryptRecordsHandler
    reindex: ReindexRecordsHandler


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
    public_keys: dict[str, Any]
    clients: Clients
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
    sign_ins: SignInReader
    create_client: CreateClientHandler
    revoke_client: RevokeClientHandler
    seed_sandbox: SeedSandboxHandler
    sandbox_file: Callable[[Path], SandboxFile]
    vault: Vault
    privacy: Privacy


def bootstrap(settings: Settings, mongo: Mongo) -> Identity:
    """The application on real parts; tests call it too."""
    db, issuer, key = mongo.db, settings.issuer, settings.people_key.encode()
    clients, people, grants = MongoClients(db), MongoPeople(db), MongoGrants(db)
    revoked, sign_ins, unit_of_work = MongoRevokedTokens(db), MongoSignIns(db), MongoUnitOfWork(mongo)
    signer = Ed25519Signer(settings.signing_keys, issuer, AUDIENCE)
    sender = CodeFile(Path(settings.code_file)) if key and settings.code_file else None
    return Identity(
        issuer=issuer,
        environment=settings.environment,
        public_keys=signer.public_keys(),
        clients=clients,
        grants=grants,
        authenticate_client=AuthenticateClientHandler(
            clients=clients,
            failures=MongoFailedAuthentications(db, settings.cursor_secret.encode()),
            assertions=JoseAssertions([issuer, issuer + TOKEN_PATH]),
            used_assertions=MongoUsedAssertions(db),
        ),
        issue_token=IssueTokenHandler(signer=signer, issuer=issuer),
        redeem_code=RedeemCodeHandler(
            grants=grants, exchanges=unit_of_work, people=people, signer=signer, issuer=issuer
        ),
        rotate_refresh_token=RotateRefreshTokenHandler(
            grants=grants, exchanges=unit_of_work, people=people, signer=signer, issuer=issuer
        ),
        revoke_token=RevokeTokenHandler(grants=grants, revoked=revoked, signer=signer),
        tokens=TokenReader(clients=clients, grants=grants, revoked=revoked, signer=signer, issuer=issuer),
        begin_sign_in=BeginSignInHandler(sign_ins=sign_ins),
        send_code=SendCodeHandler(
            sign_ins=sign_ins, sent=MongoSentCodes(db), devices=MongoDevices(db), sender=sender, key=key
        ),
        check_code=CheckCodeHandler(sign_ins=sign_ins, completions=unit_of_work, key=key),
        sign_ins=SignInReader(sign_ins=sign_ins),
        create_client=CreateClientHandler(clients=clients, people=people),
        revoke_client=RevokeClientHandler(clients=clients),
        seed_sandbox=SeedSandboxHandler(clients=clients, people=people, environment=settings.environment),
        sandbox_file=JsonSandboxFile,
        vault=_vault(settings, mongo),
        privacy=_privacy(settings, mongo),
    )


def _vault(settings: Settings, mongo: Mongo) -> Vault:
    records, keys, listed = MongoVault(mongo), _key_store(settings), purposes()
    envelope = Envelope(keys)
    return Vault(
        store=StoreIdentifierHandler(
            records=records,
            envelope=envelope,
            people=MongoPeople(mongo.db),
            sandbox=settings.environment == "sandbox",
        ),
        detokenise=DetokeniseIdentifierHandler(records=records, envelope=envelope, purposes=listed),
        erase=EraseIdentifierHandler(records),
        read=VaultReader(records, keys, listed),
        rotate_keys=RotateKeysHandler(keys),
        remove_key=RemoveKeyHandler(keys, records),
        reencrypt=ReencryptRecordsHandler(records, envelope),
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
