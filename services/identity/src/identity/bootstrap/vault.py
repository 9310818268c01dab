"""The vault on its key store."""

from dataclasses import dataclass
from pathlib import Path

from identity.adapters.key_stores.key_file import KeyFile
from identity.adapters.key_stores.no_keys import NoKeys
from identity.adapters.key_stores.pkcs11_token import Pkcs11Token
from identity.adapters.mongo_people import MongoPeople
from identity.adapters.mongo_signing_keys import MongoSigningKeys
from identity.adapters.mongo_vault import MongoVault
from identity.adapters.vault_purposes import purposes
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


def vault_of(settings: Settings, mongo: Mongo, keys: KeyStore, signing_keys: MongoSigningKeys) -> Vault:
    """On the key store that the settings name; signing keys are closed by it too."""
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


def key_store_of(settings: Settings) -> KeyStore:
    """The file or the PKCS#11 token; none where no place is set."""
    if not settings.vault_key_store:
        return NoKeys()
    place = key_store_place(settings.vault_key_store)
    if place.file:
        return KeyFile(Path(place.file))
    return Pkcs11Token(place.module, place.token, settings.vault_pin)
