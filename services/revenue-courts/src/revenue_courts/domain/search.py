"""By what a case is looked up: words of names, land, advocates. Personal data: never log it, never put it in a URL."""

import unicodedata
from collections.abc import Iterator

from revenue_courts.domain.filing import Filing, Party


def words(name: str) -> frozenset[str]:
    """The words of a name, as they are compared: letter case and the way it was typed do not count.

    A name in Hindi and the same in English have no word in common: nothing here turns one into the other.
    """
    # In Hindi a vowel sign is a mark, and part of the word.
    plain = unicodedata.normalize("NFKC", name).casefold()
    letters = "".join(
        character if character.isalnum() or unicodedata.category(character).startswith("M") else " "
        for character in plain
    )
    return frozenset(letters.split())


def words_of_parties(filing: Filing) -> frozenset[str]:
    """All words by which one of the parties is found: of its name, and of the guardian's, who acts for a minor."""
    return frozenset(word for party in filing.parties for name in _names(party) for word in words(name))


def land_key(tehsil: str, village: str, khasra: str) -> str:
    """One khasra of one village, as it is compared."""
    return "|".join(" ".join(sorted(words(part))) for part in (tehsil, village)) + f"|{khasra.casefold()}"


def land_keys(filing: Filing) -> frozenset[str]:
    """All khasras of the filing."""
    return frozenset(
        land_key(parcel.tehsil, parcel.village, khasra) for parcel in filing.land for khasra in parcel.khasras
    )


def _names(party: Party) -> Iterator[str]:
    if party.name is not None:
        yield party.name
    if party.guardian is not None:
        yield party.guardian.name
