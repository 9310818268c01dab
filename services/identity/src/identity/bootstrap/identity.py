"""The whole of identity on real parts: people, sign-in, tokens, clients; the other areas have modules of their own."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from pymongo.client_session import ClientSession

from identity.adapters.client_assertions import JoseAssertions
from identity.adapters.events import Cause
from identity.adapters.mongo_assistances import MongoAssistances
from identity.adapters.mongo_centres import CentresWithin, MongoCentres
from identity.adapters.mongo_clients import MongoClients
from identity.adapters.mongo_factors import MongoFactorStore
from identity.adapters.mongo_failed_authentications import MongoFailedAuthentications
from identity.adapters.mongo_notices import NoticesWithin
from identity.adapters.mongo_people import MongoPeople
from identity.adapters.mongo_recoveries import MongoRecoveries
from identity.adapters.mongo_sign_ins import MongoDevices, MongoNumbers, MongoSentCodes, MongoSignIns
from identity.adapters.mongo_signing_keys import MongoSigningKeys
from identity.adapters.mongo_tokens import MongoGrants, MongoRevokedTokens, MongoUsedAssertions
from identity.adapters.passkeys import passkeys_of
from identity.adapters.recovery_changes import MongoRecoveryChanges
from identity.adapters.sandbox_file import JsonSandboxFile
from identity.adapters.signing import JoseSigner
from identity.adapters.told_changes import ToldChanges
from identity.adapters.unit_of_work import MongoUnitOfWork
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
from identity.application.vault.envelope import Envelope
from identity.bootstrap.assistance import Assistance, assistance_of
from identity.bootstrap.privacy import Privacy, privacy_of
from identity.bootstrap.senders import sender_of
from identity.bootstrap.vault import Vault, key_store_of, vault_of
from identity.domain.sign_in.sign_in import SignIn
from identity.domain.tokens.access_token import AUDIENCE
from identity.settings import Settings, read_signing_keys
from servicekit.events import Outbox
from servicekit.mongo import Mongo
from servicekit.mongo.idempotency import Idempotency

TOKEN_PATH = "/v1/oauth2/token"  # noqa: S105 - an address


@dataclass(frozen=True, kw_only=True)
class IdentityWithin:
    """The use cases of consumed events, inside the transaction that records the event as handled."""

    approve_centre: ApproveCentreHandler
    note_standing: NoteStandingHandler
    answer_erasure: AnswerErasureHandler


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
            answer_erasure=self.privacy.answering_within(session),
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
    key_store, of_setting = key_store_of(settings), read_signing_keys(settings.signing_keys)
    signing_keys = MongoSigningKeys(mongo, Envelope(key_store), of_setting)
    signer = JoseSigner(signing_keys.open_keys, issuer, AUDIENCE)
    sender, recoveries = sender_of(settings), MongoRecoveries(db)
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
    vault = vault_of(settings, mongo, key_store, signing_keys)
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
        privacy=privacy_of(settings, mongo),
        vault=vault,
        assistance=assistance_of(mongo, issuer, key, assistances, clients, unit_of_work, vault, reader, signer, sender),
        _centre_scopes=settings.centre_scopes,
        _centres=centres,
        _changes=changes,
        _mongo=mongo,
    )
