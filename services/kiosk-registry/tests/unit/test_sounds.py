"""Names in Hindi, in English and in Hindi with Latin letters sound alike."""

import csv
from pathlib import Path

import pytest

import kiosk_registry
from kiosk_registry.domain.register.sounds import sounds

DISTRICTS = next(Path(kiosk_registry.__file__).parent.rglob("districts.csv"))


@pytest.mark.parametrize(
    ("hindi", "latin"),
    [(row["name_hi"], row["name_en"]) for row in csv.DictReader(DISTRICTS.read_text(encoding="utf-8").splitlines())],
)
def test_a_district_sounds_alike_in_both_languages(hindi: str, latin: str) -> None:
    # श्रीगंगानगर is one word and Sri Ganganagar are two; a centre is met by the words of both its names.
    assert "".join(sounds(hindi)) == "".join(sounds(latin))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("e-Mitra Kendra Jaipur 1", "ई-मित्र केंद्र जयपुर १"),
        ("jaypur", "Jaipur"),
        ("JAYPUR", "जैपुर"),
        ("chittaurgadh", "Chittorgadh"),
        ("udaypur", "Udaipur"),
        ("oodaipur", "उदयपुर"),
        ("sawaai maadhopur", "सवाई माधोपुर"),
        ("gyan ganga", "ज्ञान गंगा"),
        ("Vidya", "विद्या"),
        ("laxmi", "लक्ष्मी"),
        ("Šrī", "श्री"),
        ("kendr", "kendra"),
        ("bhawani mandi", "भवानी मंडी"),
        ("ganganagar", "गङ्गानगर"),
    ],
)
def test_spellings_of_one_name_sound_alike(one: str, other: str) -> None:
    assert sounds(one) == sounds(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Jaipur", "Jodhpur"), ("Barmer", "Baran"), ("kendra 1", "kendra 11"), ("Ajmer", "Amer")]
)
def test_other_names_sound_otherwise(one: str, other: str) -> None:
    assert sounds(one) != sounds(other)


def test_signs_and_blanks_sound_of_nothing() -> None:
    assert sounds(" -–. ()ं ") == []
