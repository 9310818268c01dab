"""Evidence that the court takes: witnesses and documents, each with its mark."""

from dataclasses import dataclass
from enum import StrEnum

from revenue_courts.domain.filing import Side


class EvidenceKind(StrEnum):
    """What it is."""

    WITNESS = "witness"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """What a side brings. `name` is the witness's or the document's, `sha256` of the statement or the document."""

    side: Side
    kind: EvidenceKind
    name: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was taken at hearing `hearing_no`. `mark` names it in the judgment: PW1, DW1, Ex-P1, Ex-D1."""

    mark: str
    hearing_no: int
    offered: Offered


# P for who brings the case, D for who defends it: as marks of courts have been.
_SIDES = {Side.PETITIONER: "P", Side.RESPONDENT: "D"}


def mark_of(offered: Offered, taken: tuple[Evidence, ...]) -> str:
    """The next mark of its side and kind."""
    alike = sum((one.offered.side, one.offered.kind) == (offered.side, offered.kind) for one in taken)
    letter = _SIDES[offered.side]
    return f"{letter}W{alike + 1}" if offered.kind is EvidenceKind.WITNESS else f"Ex-{letter}{alike + 1}"
