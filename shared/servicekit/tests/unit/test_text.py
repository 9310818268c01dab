"""One rule for what people write, by the properties of Unicode."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicekit.text import Line, Name, Refusal, Remarks, Script, without_white_space

NAME = Name(100)
NAME_HI = Name(100, Script.DEVANAGARI)
LINE = Line(300)
REMARKS = Remarks(1000)


def code_of(checked: str | Refusal) -> str:
    assert isinstance(checked, Refusal), f"{checked!r} was accepted"
    return checked.code


@pytest.mark.parametrize(
    "name",
    [
        "O'Brien",
        "D’Souza",
        "'t Hooft",
        "McDonald",
        "de la Cruz",
        "X",
        "Anne-Marie",
        "J. R. Jain, Jr.",
        "(Late) Ram Singh",
        "José",
        "राम",
        "محمد علی",
        "علی\u200cرضا",
        "李小龍",
        "ශ්\u200dරී",
        "র\u200d্যাব",
        "ᱥᱟᱱᱛᱟᱲᱤ",
    ],
)
def test_a_name_of_any_script_is_kept_exactly(name: str) -> None:
    assert NAME.check(name) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    "name",
    [
        "राम-प्रसाद",
        "डि’सूज़ा",
        "डि'सूज़ा",
        "क्\u200dष राम",
        "कु. र्\u200dया",
        "स्व॰ राम",
        "डॉ. राम (स्व.)",
        "ऋ",
    ],
)
def test_a_hindi_name_has_hyphens_apostrophes_and_joiners_where_it_needs_them(name: str) -> None:
    assert NAME_HI.check(name) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize("name", ["Ram", "राम Lal", "राаम", "Дмитрий"])
def test_a_name_in_another_script_is_no_hindi_name(name: str) -> None:
    assert code_of(NAME_HI.check(name)) == "wrong-form"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "blank"),
        (" \u00a0\u3000", "blank"),
        ("\u2800", "blank"),
        ("\u200d", "blank"),
        ("\u3164", "blank"),
        ("\U000e0041", "blank"),
        ("...", "blank"),
        ("Test\nCitizen", "unprintable"),
        ("Test\u2028Citizen", "unprintable"),
        ("Test\u202eCitizen", "unprintable"),
        ("Ra\u200dm", "unprintable"),
        ("रा\u200dम", "unprintable"),
        ("R\u034fam", "unprintable"),
        ("Ram\u2800Lal", "unprintable"),
        ("Ram\ue000", "unprintable"),
        ("Ram\ud800", "unprintable"),
        ("\u0301Ram", "stray-marks"),
        ("R" + "\u0323\u0301" * 3 + "am", "stray-marks"),
        ('=HYPERLINK("http://x")', "formula"),
        ("@SUM(A1)", "formula"),
        ("+Ram", "formula"),
        ("-Ram", "formula"),
        ("＝cmd", "formula"),
        ("12345", "not-a-name"),
        ("Ram2", "not-a-name"),
        ("Ram 🙂", "not-a-name"),
        ("R" * 101, "too-long"),
    ],
)
def test_what_is_no_name_is_refused_with_a_code(name: str, code: str) -> None:
    assert code_of(NAME.check(name)) == code


@pytest.mark.parametrize("line", ["12, Sandbox Marg", "दु:ख भवन, वार्ड सं. ३", "House #3 @ Tonk Road", "12"])
def test_a_line_holds_whatever_can_be_seen(line: str) -> None:
    assert LINE.check(line) == line


@pytest.mark.parametrize("line", ["=1+1", "Ward\u20283", "Ward\n3", "\u2800\u2800", "!!!"])
def test_a_line_without_anything_to_read_or_with_hidden_characters_is_refused(line: str) -> None:
    assert isinstance(LINE.check(line), Refusal)


def test_remarks_may_have_several_lines_but_no_direction_of_their_own() -> None:
    assert REMARKS.check("No proof.\r\n\tBring the ration card.") == "No proof.\r\n\tBring the ration card."
    assert code_of(REMARKS.check("see \u202efdp.exe")) == "unprintable"
    assert code_of(REMARKS.check("one\u2028two")) == "unprintable"
    assert code_of(REMARKS.check("\u2800")) == "blank"


@pytest.mark.parametrize("rule", [NAME, NAME_HI, LINE, REMARKS], ids=lambda rule: type(rule).__name__)
def test_every_refusal_speaks_both_languages(rule: Name | Line | Remarks) -> None:
    for text in ["", "a" * 2000, "=a", "a\u202eb", "\u0301a"]:
        refused = rule.check(text)
        assert isinstance(refused, Refusal)
        assert any("\u0900" <= character <= "\u097f" for character in refused.detail_hi)
        assert refused.detail.isascii()


@given(st.text(max_size=40), st.sampled_from([NAME, NAME_HI, LINE, REMARKS]))
def test_whatever_is_accepted_stays_as_it_is_and_can_be_read(text: str, rule: Name | Line | Remarks) -> None:
    kept = rule.check(text)
    if isinstance(kept, Refusal):
        return
    assert rule.check(kept) == kept
    assert kept == unicodedata.normalize("NFC", text).strip()
    assert any(unicodedata.category(character)[0] in "LN" for character in kept)
    assert kept[0] not in "=+-@"


LETTERS = st.characters(categories=["Lu", "Ll", "Lo", "Lt"], max_codepoint=0x1FFF, exclude_characters="\u115f\u1160")


@given(st.lists(st.text(LETTERS, min_size=1, max_size=8), min_size=1, max_size=3), st.sampled_from(" '’-"))
def test_letters_of_any_script_with_spaces_apostrophes_and_hyphens_are_a_name(words: list[str], between: str) -> None:
    name = between.join(words)
    kept = NAME.check(name)
    assert isinstance(kept, Refusal) or kept == unicodedata.normalize("NFC", name)
    # What Unicode of this Python knows as letters, the rule knows too.
    assert not isinstance(kept, Refusal)


@given(
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1), st.sampled_from([" ", "\r\n", "\u200b"])
)
def test_white_space_in_a_copied_code_does_not_count(code: str, space: str) -> None:
    assert without_white_space(space + space.join(code) + space) == code
