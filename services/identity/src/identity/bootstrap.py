"""Puts identity together: the only place that names concrete adapters."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from identity.adapters import mongo_failed_authentications, mongo_vault
from identity.adapters.key_stores.key_file import KeyFile
from identity.adapters.key_stores.no_keys import NoKeys
from identity.adapters.key_stores.pkcs11_token import Pkcs11Token
from identity.adapters.mongo_clients import MongoClients
from identity.adapters.mongo_failed_authentications import MongoFailedAuthentications
from identity.adapters.mongo_people import MongoPeople
from identity.adapters.mongo_vault import MongoVault
from identity.adapters.sandbox_file import JsonSandboxFile
from identity.adapters.signing import Ed25519Signer
from identity.adapters.vault_purposes import purposes
from identity.application.create_client import CreateClientHandler
from identity.application.issue_token import IssueTokenHandler
from identity.application.ports import SandboxFile
from identity.application.revoke_client import RevokeClientHandler
from identity.application.seed_sandbox import SeedSandboxHandler
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
from identity.settings import Settings, key_store_place
from servicekit.mongo import Mongo

__all__ = ["INDEXES", "Identity", "Vault", "bootstrap"]

INDEXES = {**mongo_failed_authentications.INDEXES, **mongo_vault.INDEXES}


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
    issue_token: IssueTokenHandler
    create_client: CreateClientHandler
    revoke_client: RevokeClientHandler
    seed_sandbox: SeedSandboxHandler
    sandbox_file: Callable[[Path], SandboxFile]
    vault: Vault


def bootstrap(settings: Settings, mongo: Mongo) -> Identity:
    """The application on real parts; tests call it too."""
    clients, people = MongoClients(mongo.db), MongoPeople(mongo.db)
    signer = Ed25519Signer(settings.signing_keys)
    return Identity(
        issuer=settings.issuer,
        environment=settings.environment,
        public_keys=signer.public_keys(),
        issue_token=IssueTokenHandler(
            clients=clients,
            failures=MongoFailedAuthentications(mongo.db, settings.cursor_secret),
            signer=signer,
            issuer=settings.issuer,
        ),
        create_client=CreateClientHandler(clients=clients, people=people),
        revoke_client=RevokeClientHandler(clients=clients),
        seed_sandbox=SeedSandboxHandler(clients=clients, people=people, environment=settings.environment),
        sandbox_file=JsonSandboxFile,
        vault=_vault(settings, mongo),
    )


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
