"""Put a number into the vault and get the reference that stands for it everywhere else."""

from dataclasses import dataclass, field
from datetime import datetime

from identity.application.vault.envelope import Envelope
from identity.application.vault.errors import InvalidIdentifier
from identity.application.vault.ports import VaultRecords
from identity.domain.vault.identifiers import Kind, NotAnIdentifier, read_identifier
from identity.domain.vault.records import Actor, VaultRecord
from servicekit.errors import FieldProblem


@dataclass(frozen=True, kw_only=True)
class StoreIdentifier:
    """`typed` is the number as somebody typed it; `reference` is random and used if the number is new."""

    kind: Kind
    typed: str = field(repr=False)
    reference: str
    actor: Actor
    at: datetime


@dataclass(frozen=True, kw_only=True)
class StoreIdentifierHandler:
    """One number of a kind has one reference, whoever stores it and however often."""

    records: VaultRecords
    envelope: Envelope
    sandbox: bool

    def __call__(self, command: StoreIdentifier) -> VaultRecord:
        """The record, earlier made or new; which of the two nobody is told. Raises InvalidIdentifier, VaultClosed."""
        try:
            identifier = read_identifier(command.kind, command.typed, sandbox=self.sandbox)
        except NotAnIdentifier as error:
            problem = FieldProblem("/number", error.code, error.detail, error.detail_hi)
            raise InvalidIdentifier("The number cannot be one of its kind; see errors.", errors=[problem]) from None
        indexes = self.envelope.indexes(identifier)
        if earlier := self.records.of_index(indexes):
            return earlier
        return self.records.add(
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
