"""Erase a number for good; that it was there, and who read it, stays."""

from dataclasses import dataclass

from identity.application.people.errors import CommandRefused
from identity.application.vault.ports import VaultRecords
from identity.domain.vault.records import Erasure


@dataclass(frozen=True)
class EraseIdentifier:
    """Whose number, why and on whose word."""

    reference: str
    erasure: Erasure


@dataclass(frozen=True)
class EraseIdentifierHandler:
    """Ciphertext, data key and blind indexes go in one write: the same number then gets another reference."""

    records: VaultRecords

    def __call__(self, command: EraseIdentifier) -> None:
        """Erase. A repeat is refused, as an unknown reference is. Raises CommandRefused."""
        if not self.records.erase(command.reference, command.erasure):
            raise CommandRefused(f"No number is kept under {command.reference}: it is unknown, or was erased before.")
