"""Put a number into the vault and get the reference that stands for it everywhere else."""

from dataclasses import dataclass, field
from datetime import datetime

from identity.application.people.ports import People
from identity.application.vault.envelope import Envelope
from identity.application.vault.errors import InvalidIdentifier, OwnerNotGranted
from identity.application.vault.ports import VaultRecords
from identity.domain.vault.identifiers import Kind, NotAnIdentifier, read_identifier
from identity.domain.vault.records import Actor, VaultRecord
from servicekit.errors import FieldProblem

OWNER_SCOPE = "vault:owners"


@dataclass(frozen=True, kw_only=True)
class StoreIdentifier:
    """`typed` is the number as somebody typed it; `reference` is random and used if the number is new.

    `owner_id` is the person whose number it is, where the client checked that; with `scopes` that let it say so.
    """

    kind: Kind
    typed: str = field(repr=False)
    reference: str
    actor: Actor
    at: datetime
    owner_id: str | None = None
    scopes: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class StoreIdentifierHandler:
    """One number of a kind has one reference, whoever stores it and however often."""

    records: VaultRecords
    envelope: Envelope
    people: People
    sandbox: bool

    def __call__(self, command: StoreIdentifier) -> VaultRecord:
        """The record, earlier made or new; which of the two nobody is told.

        Raises InvalidIdentifier, OwnerNotGranted, VaultClosed.
        """
        owner = self._owner(command)
        try:
            identifier = read_identifier(command.kind, command.typed, sandbox=self.sandbox)
        except NotAnIdentifier as error:
            problem = FieldProblem("/number", error.code, error.detail, error.detail_hi)
            raise InvalidIdentifier("The number cannot be one of its kind; see errors.", errors=[problem]) from None
        indexes = self.envelope.indexes(identifier)
        record = self.records.of_index(indexes) or self.records.add(
            VaultRecord(
                reference=command.reference,
                kind=identifier.kind,
                masked=identifier.masked,
                sealed=self.envelope.seal(identifier, command.reference, command.at),
                indexes=indexes,
                stored_by=command.actor,
                stored_at=command.at,
            )
        )
        if owner is not None:
            self.records.add_owner(record.reference, owner)
        return record

    def _owner(self, command: StoreIdentifier) -> str | None:
        """Who it belongs to. A person sees who reads it, so only who checked that it is the person's may say so."""
        if command.owner_id is None:
            return None
        if OWNER_SCOPE not in command.scopes:
            raise OwnerNotGranted(
                f"This needs the scope {OWNER_SCOPE}, which the token does not have.", missing_scope=OWNER_SCOPE
            )
        person = self.people.get(command.owner_id)
        if person is None or person.erased_at is not None:
            problem = FieldProblem(
                "/person_id", "unknown-person", "Nobody is kept under this id.", "इस पहचान से कोई व्यक्ति दर्ज नहीं है।"
            )
            raise InvalidIdentifier("The owner is not known; see errors.", errors=[problem])
        return person.id
