"""Puts identity together: the only place that names concrete adapters."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog

from identity.adapters import mongo_recoveries, mongo_sign_ins, mongo_tokens, mongo_vault, mongo_windows
from identity.adapters.client_assertions import JoseAssertions, read_public_keys
from identity.adapters.key_stores.key_file import KeyFile
from identity.adapters.key_stores.no_keys import NoKeys
from identity.adapters.key_stores.pkcs11_token import Pkcs11Token
from identity.adapters.message_files import MessageFiles
from identity.adapters.mongo_clients import MongoClients
from identity.adapters.mongo_factors import MongoFactorStore
from identity.adapters.mongo_failed_authentications import MongoFailedAuthentications
from identity.adapters.mongo_people import MongoPeople
from identity.adapters.mongo_recoveries import MongoRecoveries
from identity.adapters.mongo_sign_ins import MongoDevices, MongoNumbers, MongoSentCodes, MongoSignIns
from identity.adapters.mongo_tokens import MongoGrants, MongoRevokedTokens, MongoUsedAssertions
from identity.adapters.mongo_vault import MongoVault
from identity.adapters.passkeys import passkeys_of
from identity.adapters.sandbox_file import JsonSandboxFile
from identity.adapters.signing import Ed25519Signer
from identity.adapters.sms_gateway import SmsGateway
from identity.adapters.unit_of_work import MongoUnitOfWork
from identity.adapters.vault_purposes import purposes
from identity.application.clients.authenticate_client import AuthenticateClientHandler
from identity.application.clients.create_client import CreateClientHandler
from identity.application.clients.ports import Clients, SandboxFile
from identity.application.clients.revoke_client import RevokeClientHandler
from identity.application.clients.seed_sandbox import SeedSandboxHandler
from identity.application.factors.secret_box import SecretBox
from identity.application.recovery.apply_recovery import ApplyRecoveryHandler
from identity.application.recovery.decide_recovery import DecideRecoveryHandler
from identity.application.recovery.open_recovery import OpenRecoveryHandler
from identity.application.recovery.stop_recovery import StopRecoveryHandler
from identity.application.sign_in.begin_sign_in import BeginSignInHandler
from identity.application.sign_in.check_code import CheckCodeHandler
from identity.application.sign_in.end_sign_in import EndSignInHandler
from identity.application.sign_in.enrol_factor import EnrolFactorHandler
from identity.application.sign_in.give_number import GiveNumberHandler
from identity.application.sign_in.prove_factor import ProveFactorHandler
from identity.application.sign_in.read_factors import FactorReader, Offered
from identity.application.sign_in.read_sign_in import SignInReader
from identity.application.sign_in.renew_recovery_codes import RenewRecoveryCodesHandler
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
from identity.domain.sign_in.sign_in import SignIn
from identity.domain.tokens.access_token import AUDIENCE
from identity.settings import Settings, key_store_place
from servicekit.mongo import Mongo

log = structlog.get_logger(__name__)

__all__ = ["INDEXES", "TOKEN_PATH", "Identity", "Vault", "bootstrap", "read_public_keys"]

INDEXES = {
    **mongo_windows.INDEXES,
    **mongo_tokens.INDEXES,
    **mongo_sign_ins.INDEXES,
    **mongo_recoveries.INDEXES,
    **mongo_vault.INDEXES,
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
    prove_factor: ProveFactorHandler
    enrol_factor: EnrolFactorHandler
    renew_recovery_codes: RenewRecoveryCodesHandler
    end_sign_in: EndSignInHandler
    offered_factors: Callable[[SignIn], Offered]
    give_number: GiveNumberHandler
    open_recovery: OpenRecoveryHandler
    decide_recovery: DecideRecoveryHandler
    stop_recovery: StopRecoveryHandler
    create_client: CreateClientHandler
    revoke_client: RevokeClientHandler
    seed_sandbox: SeedSandboxHandler
    sandbox_file: Callable[[Path], SandboxFile]
    vault: Vault


def bootstrap(settings: Settings, mongo: Mongo) -> Identity:
    """The application on real parts; tests call it too."""
    db, issuer, key = mongo.db, settings.issuer, settings.people_key.encode()
    clients, people, grants = MongoClients(db), MongoPeople(db), MongoGrants(db)
    revoked, sign_ins, unit_of_work = MongoRevokedTokens(db), MongoSignIns(db), MongoUnitOfWork(mongo)
    signer = Ed25519Signer(settings.signing_keys, issuer, AUDIENCE)
    numbers, factors, box, passkeys = MongoNumbers(db), MongoFactorStore(db), SecretBox(key), passkeys_of(issuer)
    sender, recoveries = _sender(settings), MongoRecoveries(db)
    apply_recovery = ApplyRecoveryHandler(
        recoveries=recoveries, changes=unit_of_work, numbers=numbers, notices=sender, box=box
    )
    wait = None if settings.recovery_wait_hours is None else timedelta(hours=settings.recovery_wait_hours)
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
            sign_ins=sign_ins,
            sent=MongoSentCodes(db),
            devices=MongoDevices(db),
            sender=sender,
            codes_a_day=settings.codes_a_day,
            key=key,
        ),
        check_code=CheckCodeHandler(
            sign_ins=sign_ins,
            completions=unit_of_work,
            numbers=numbers,
            people=people,
            apply_recovery=apply_recovery,
            box=box,
            key=key,
        ),
        sign_ins=SignInReader(sign_ins=sign_ins),
        prove_factor=ProveFactorHandler(
            sign_ins=sign_ins, factors=factors, changes=unit_of_work, passkeys=passkeys, box=box
        ),
        enrol_factor=EnrolFactorHandler(sign_ins=sign_ins, changes=unit_of_work, passkeys=passkeys, box=box),
        renew_recovery_codes=RenewRecoveryCodesHandler(sign_ins=sign_ins, changes=unit_of_work),
        end_sign_in=EndSignInHandler(sign_ins=sign_ins, completions=unit_of_work, people=people),
        offered_factors=FactorReader(factors=factors, passkeys=passkeys, box=box).offered,
        open_recovery=OpenRecoveryHandler(
            recoveries=recoveries, numbers=numbers, notices=sender, box=box, issuer=issuer, key=key
        ),
        decide_recovery=DecideRecoveryHandler(recoveries=recoveries, wait=wait),
        stop_recovery=StopRecoveryHandler(recoveries=recoveries),
        give_number=GiveNumberHandler(people=people, numbers=numbers, key=key),
        create_client=CreateClientHandler(clients=clients, people=people),
        revoke_client=RevokeClientHandler(clients=clients),
        seed_sandbox=SeedSandboxHandler(clients=clients, people=people, environment=settings.environment),
        sandbox_file=JsonSandboxFile,
        vault=_vault(settings, mongo),
    )


def _sender(settings: Settings) -> MessageFiles | SmsGateway | None:
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
        return MessageFiles(Path(settings.code_file))
    if live:
        log.warning("nobody_can_sign_in", missing="SMS_GATEWAY_URL")
    return None


def _vault(settings: Settings, mongo: Mongo) -> Vault:
    records, keys, listed = MongoVault(mongo), _key_store(settings), purposes()
    envelope = Envelope(keys)
    return Vault(
        store=StoreIdentifierHandler(records=records, envelope=envelope, sandbox=settings.environment == "sandbox"),
        detokenise=DetokeniseIdentifierHandler(records=records, envelope=envelope, purposes=listed),
        erase=EraseIdentifierHandler(records),
        read=VaultReader(records, keys, listed),
        rotate_keys=RotateKeysHandler(keys),
        remove_key=RemoveKeyHandler(keys, records),
        reencrypt=ReencryptRecordsHandler(records, envelope),
        reindex=ReindexRecordsHandler(records, envelope),
    )


def _key_store(settings: Settings) -> KeyStore:
    if not settings.vault_key_store:
        return NoKeys()
    place = key_store_place(settings.vault_key_store)
    if place.file:
        return KeyFile(Path(place.file))
    return Pkcs11Token(place.module, place.token, settings.vault_pin)
