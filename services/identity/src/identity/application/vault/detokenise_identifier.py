"""Read a number for a purpose of the closed list, by a caller who has that purpose; every reading is recorded."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from identity.application.vault.envelope import Envelope
from identity.application.vault.errors import InvalidPurpose, NumberErased, PurposeNotGranted, ReferenceNotFound
from identity.application.vault.ports import Purposes, VaultRecords
from identity.domain.vault.identifiers import Identifier
from identity.domain.vault.purposes import Purpose
from identity.domain.vault.records import Actor, Reading
from servicekit.errors import FieldProblem
from servicekit.faults import crash_point

_INDIA = ZoneInfo("Asia/Kolkata")  # orders begin with a day of ours


@dataclass(frozen=True, kw_only=True)
class DetokeniseIdentifier:
    """Whose number, what for, and who asks, with the scopes of the token; `reading_id` is minted by the caller."""

    reference: str
    purpose: str
    scopes: frozenset[str]
    reading_id: str
    actor: Actor
    at: datetime


@dataclass(frozen=True)
class Detokenised:
    """The number, and the record of its having been read."""

    identifier: Identifier
    reading: Reading


@dataclass(frozen=True, kw_only=True)
class DetokeniseIdentifierHandler:
    """The number leaves only after a majority has the reading: whoever dies between has shown nothing."""

    records: VaultRecords
    envelope: Envelope
    purposes: Purposes

    def __call__(self, command: DetokeniseIdentifier) -> Detokenised:
        """The number. A repeat is one more reading.

        Raises InvalidPurpose, PurposeNotGranted, ReferenceNotFound, NumberErased, VaultClosed, SealBroken.
        """
        purpose = self._purpose(command)
        record = self.records.get(command.reference)
        if record is None:
            raise ReferenceNotFound("No number is kept under this reference.")
        if record.kind not in purpose.kinds:
            raise _invalid(
                "purpose-not-for-kind",
                f"A number of the kind {record.kind} is not read for {purpose.id}.",
                "इस प्रकार की संख्या इस उद्देश्य से नहीं देखी जाती।",
            )
        if record.sealed is None:
            raise _erased()
        identifier = self.envelope.open(record.kind, record.reference, record.sealed)
        reading = self.records.record_reading(
            Reading(
                reading_id=command.reading_id,
                reference=record.reference,
                ordinal=record.readings + 1,
                purpose=purpose.id,
                actor=command.actor,
                at=command.at,
            )
        )
        if reading is None:
            raise _erased()
        crash_point("V2")
        return Detokenised(identifier, reading)

    def _purpose(self, command: DetokeniseIdentifier) -> Purpose:
        day = command.at.astimezone(_INDIA).date()
        purpose = self.purposes.get(command.purpose)
        if purpose is None or not purpose.is_open(day):
            known = ", ".join(sorted(name for name, listed in self.purposes.items() if listed.is_open(day)))
            raise _invalid("unknown-purpose", f"Name one of: {known}.", f"इनमें से एक लिखें: {known}।")
        if purpose.scope not in command.scopes:
            raise PurposeNotGranted(
                f"This needs the scope {purpose.scope}, which the token does not have.", missing_scope=purpose.scope
            )
        return purpose


def _invalid(code: str, detail: str, detail_hi: str) -> InvalidPurpose:
    return InvalidPurpose(
        "The purpose is not acceptable; see errors.", errors=[FieldProblem("/purpose", code, detail, detail_hi)]
    )


def _erased() -> NumberErased:
    return NumberErased("The number behind this reference was erased; ask the person for it again.")
