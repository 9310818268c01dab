"""Local service providers: who selects, trains and answers for operators, and where."""

from dataclasses import dataclass

from kiosk_registry.domain.places.districts import District
from kiosk_registry.domain.register.centres import LSPS, OPENING_CREDIT_LIMIT_PAISE, lsp_of

SANDBOX_LSP = "lsp_sandbox_1"  # whose person identity's sandbox knows


@dataclass(frozen=True, slots=True)
class Lsp:
    """A provider. `districts` are LGD codes: its territory; `credit_limit_paise` what it grants a new centre."""

    id: str
    name_en: str
    name_hi: str
    districts: frozenset[str]
    credit_limit_paise: int
    version: int = 1


def opening_lsps(districts: tuple[District, ...]) -> list[Lsp]:
    """The made-up dozen of the opening register, each with the districts in which it has centres, and the sandbox's."""
    territories: dict[str, set[str]] = {lsp_id: set() for lsp_id in LSPS}
    for district in districts:
        for number in range(len(LSPS)):
            territories[lsp_of(district, number)].add(district.code)
    numbers = {lsp_id: number for number, lsp_id in enumerate(LSPS, start=1)}
    made_up = [
        Lsp(
            lsp_id,
            f"Service Provider {numbers[lsp_id]}",
            f"सेवा प्रदाता {numbers[lsp_id]}",
            frozenset(codes),
            OPENING_CREDIT_LIMIT_PAISE,
        )
        for lsp_id, codes in territories.items()
    ]
    everywhere = frozenset(district.code for district in districts)
    return [*made_up, Lsp(SANDBOX_LSP, "Test Provider", "परीक्षण सेवा प्रदाता", everywhere, OPENING_CREDIT_LIMIT_PAISE)]
