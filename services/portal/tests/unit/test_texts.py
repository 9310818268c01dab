"""Hindi and English are whole: every text that is shown is in both, and none is left over."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from portal.entrypoints import language

ENTRYPOINTS = Path(language.__file__).parent
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")]
OPTIONS = {"templates/**.html": {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"}}
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None}
_PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")
_DEVANAGARI = re.compile(r"[\u0900-\u097f]")


def shown() -> set[tuple[str, ...]]:
    """Every text in templates and modules."""
    extracted = extract_from_dir(ENTRYPOINTS, METHODS, OPTIONS, KEYWORDS)
    return {forms(message) for _, _, message, _, _ in extracted}


def hindi() -> dict[tuple[str, ...], tuple[str, ...]]:
    """Every text with its translation; those with a plural are two each."""
    with (ENTRYPOINTS / "translations" / "hi.po").open("rb") as file:
        catalog = read_po(file, locale="hi")
    assert [message.id for message in catalog if message.fuzzy and message.id] == []
    return {forms(message.id): forms(message.string or "") for message in catalog if message.id}


def forms(text: str | Sequence[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def test_every_text_that_is_shown_is_in_hindi_and_no_other() -> None:
    assert shown() == set(hindi())


@pytest.mark.parametrize(("english", "texts"), list(hindi().items()))
def test_a_translation_is_whole_and_has_the_same_places_to_fill(
    english: tuple[str, ...], texts: tuple[str, ...]
) -> None:
    assert len(texts) == len(english)
    for text in texts:
        assert _DEVANAGARI.search(text)
        assert set(_PLACEHOLDER.findall(text)) == set(_PLACEHOLDER.findall(english[-1]))


@pytest.mark.parametrize(
    ("spoken", "paise", "text"),
    [
        ("en", 15250000, "₹1,52,500.00"),
        ("hi", 15250000, "₹1,52,500.00"),
        ("en", 5000, "₹50.00"),
        ("hi", 1234567890, "₹1,23,45,678.90"),
    ],
)
def test_amounts_are_grouped_by_lakh_and_crore(spoken: str, paise: int, text: str) -> None:
    assert language.speech(spoken).rupees(paise) == text


@pytest.mark.parametrize(("spoken", "text"), [("en", "1 September 2020"), ("hi", "1 सितंबर 2020")])
def test_days_are_written_out(spoken: str, text: str) -> None:
    assert language.speech(spoken).day("2020-09-01") == text


@pytest.mark.parametrize(("spoken", "text"), [("en", "27 November 2026, 1:30 AM"), ("hi", "27 नवंबर 2026, रात 1:30")])
def test_instants_are_told_in_indian_time(spoken: str, text: str) -> None:
    assert language.speech(spoken).instant("2026-11-26T20:00:00.000000+00:00") == text
