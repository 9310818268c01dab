"""Numbers and keys that exist in tests only."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from stdnum import verhoeff

from identity.adapters.key_stores.key_file import KeyFile
from identity.application.vault.rotate_keys import RotateKeys, RotateKeysHandler
from identity.domain.vault.keys import KeyUse
from identity.domain.vault.records import Actor

KEY_FILE = "vault-keys.json"
NOON = datetime(2026, 11, 26, 6, 30, tzinfo=UTC)
CLERK = Actor(client_id="cli_benefits", kiosk_id="ksk_RJ10200001", person_id="per_clerk")
MOBILE, PAN, FAMILY, MEMBER = "9829012345", "ABMPA3211G", "4512345678", "45123456781"


def aadhaar(number: int) -> str:
    """An Aadhaar-shaped number of the sandbox: it begins with 0, which is never issued."""
    digits = f"0{number:010}"
    return digits + verhoeff.calc_check_digit(digits)


def key_file(folder: Path) -> KeyFile:
    """A key file with a key for each use, in use since yesterday."""
    keys = KeyFile(folder / KEY_FILE)
    RotateKeysHandler(keys)(
        RotateKeys(use=KeyUse.WRAP, overlap=timedelta(0), first_only=True, at=NOON - timedelta(days=1))
    )
    return keys
