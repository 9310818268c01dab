"""What the operator of an approved centre is told at the number that they gave with their application."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """`mobile_reference` stands for the number in the vault; nothing else of the operator is kept here."""

    kiosk_id: str
    mobile_reference: str
