"""The many spellings of one word."""

import pytest

from portal.application import spelling


@pytest.mark.parametrize(
    "spellings",
    [
        ("मूल", "mool", "mul", "Mūl", "MOOL"),
        ("निवास", "niwas", "nivas", "niwaas", "nivaas"),
        ("प्रमाण", "praman", "pramaan", "pramana"),
        ("पत्र", "patra", "patr"),
        ("जाति", "jati", "jaati", "jaatee"),
        ("आय", "aay", "aaya"),
        ("विवाह", "vivah", "wiwah", "vivaah"),
        ("पानी", "pani", "paani", "panee"),
        ("परीक्षा", "pariksha", "pareeksha", "parikshaa"),
        ("शादी", "shadi", "shaadi", "shaadee"),
        ("ज़िला", "जिला", "zila", "jila"),
        ("छात्र", "chhatra", "chatra"),
        ("१२", "12"),
    ],
    ids=lambda spellings: spellings[0],
)
def test_all_spellings_of_a_word_become_one(spellings: tuple[str, ...]) -> None:
    assert len({spelling.one_spelling(word) for word in spellings}) == 1


@pytest.mark.parametrize(
    ("one", "other"), [("जाति", "जल"), ("niwas", "vivah"), ("birth", "death"), ("आय", "आयु"), ("income", "domicile")]
)
def test_different_words_stay_different(one: str, other: str) -> None:
    assert spelling.likeness(spelling.one_spelling(one), spelling.one_spelling(other)) < 0.8


@pytest.mark.parametrize(
    ("asked", "known", "likeness"),
    [
        ("bijli", "bijli", 1.0),
        ("bijali", "bijli", 0.8),
        ("janam", "janm", 0.8),
        ("dom", "domicile", 0.6),
        ("do", "domicile", 0.0),
        ("pn", "pan", 0.0),
        ("", "pan", 0.0),
    ],
)
def test_likeness_is_whole_for_the_same_less_for_vowels_and_beginnings(asked: str, known: str, likeness: float) -> None:
    assert spelling.likeness(asked, known) == likeness


def test_the_words_of_a_text_are_those_that_people_see() -> None:
    assert spelling.words("  मूल-निवास, “mool niwas”! (2026) ") == ["mul", "nivas", "mul", "nivas", "2026"]
    assert spelling.words("!?… ँ") == []
