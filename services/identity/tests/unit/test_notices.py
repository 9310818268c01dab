"""Notices are files of versions that never change; what is wrong with one is told with its line."""

from datetime import date
from pathlib import Path

import pytest

from identity.adapters.privacy_files import DATA, PrivacyFilesInvalid, notices, reasons
from identity.domain.privacy.notices import current

SHIPPED = (DATA / "notices" / "account.1.toml").read_text(encoding="utf-8")
# Of each version that was published; receipts hold it. A new version is a new line, and no line ever changes.
PUBLISHED = {("account", 1): "30f59b516b55b1fa6edf0dac49744685acdd694e3aa06b12cfb2d5df4861fc43"}


def problems(tmp_path: Path, **files: str) -> list[str]:
    for name, text in files.items():
        (tmp_path / f"{name.replace('_', '.')}.toml").write_text(text, encoding="utf-8")
    with pytest.raises(PrivacyFilesInvalid) as refused:
        notices(tmp_path)
    return refused.value.problems


def line_of(text: str, line: str) -> int:
    return text.splitlines().index(line) + 1


def test_a_published_version_never_changes() -> None:
    shipped = {(notice.id, notice.version): notice.sha256 for every in notices().values() for notice in every}
    assert shipped == PUBLISHED


def test_the_hash_covers_every_word_in_both_languages(tmp_path: Path) -> None:
    (tmp_path / "account.1.toml").write_text(SHIPPED.replace("खाता", "खाता "), encoding="utf-8")
    assert notices(tmp_path)["account"][0].sha256 != PUBLISHED["account", 1]


def test_the_version_in_force_is_the_latest_whose_day_has_come(tmp_path: Path) -> None:
    second = SHIPPED.replace("version = 1", "version = 2").replace("2026-11-27", "2027-05-13")
    (tmp_path / "account.1.toml").write_text(SHIPPED, encoding="utf-8")
    (tmp_path / "account.2.toml").write_text(second, encoding="utf-8")
    versions = notices(tmp_path)["account"]
    in_force = [current(versions, day) for day in (date(2026, 11, 26), date(2026, 11, 27), date(2027, 5, 13))]
    assert [notice and notice.version for notice in in_force] == [None, 1, 2]


@pytest.mark.parametrize(
    ("was", "is_now", "line", "says"),
    [
        ("version = 1", 'version = "1"', 'version = "1"', "version: Not a valid integer"),
        ('id = "messages"', 'id = "Messages!"', 'id = "Messages!"', "purposes.1.id: Does not have the right form"),
        ('hi = "आपका ई-मित्र खाता और आपका डेटा"', 'hi = "Your data"', 'hi = "Your data"', "title.hi: Must be written"),
        ('hi = "आपका ई-मित्र खाता और आपका डेटा"', "", "[title]", "title.hi: Missing data"),
        ("effective_from = 2026-11-27", 'effective_from = "soon"', 'effective_from = "soon"', "Must be a day"),
        ('id = "messages"', 'id = "sign-in"', "[[purposes]]", "purposes: A purpose is there twice"),
        (
            "version = 1",
            "version = 1\nrespond_within_days = 91",
            "respond_within_days = 91",
            "respond_within_days: Must",
        ),
        ("[complain]", "[complains]", "[complains]", "complains: Unknown field"),
    ],
)
def test_what_is_wrong_is_told_with_file_and_line(tmp_path: Path, was: str, is_now: str, line: str, says: str) -> None:
    text = SHIPPED.replace(was, is_now, 1)
    told = problems(tmp_path, account_1=text)
    assert any(each.startswith(f"account.1.toml:{line_of(text, line)}: ") and says in each for each in told), told


def test_a_wrong_item_of_the_second_purpose_is_found_on_its_own_line(tmp_path: Path) -> None:
    wrong = 'hi = "Your mobile number"'
    text = SHIPPED.replace('hi = "आपका मोबाइल नंबर, कूटबद्ध रूप में"', wrong)
    assert f"account.1.toml:{line_of(text, wrong)}: purposes.1.items.0.hi:" in problems(tmp_path, account_1=text)[0]


def test_a_file_that_is_no_toml_is_told_with_its_line(tmp_path: Path) -> None:
    assert "line 4" in problems(tmp_path, account_1=SHIPPED.replace("effective_from =", "effective_from"))[0]


def test_versions_have_no_gap_and_the_files_name_says_which_it_is(tmp_path: Path) -> None:
    told = problems(tmp_path, account_3=SHIPPED.replace("version = 1", "version = 2"))
    assert told == [
        "account.3.toml:1: must be called account.2.toml",
        "account: versions must be 1, 2, 3 …, each from a later day than the one before",
    ]


def test_every_reason_says_in_both_languages_which_law_it_rests_on() -> None:
    for reason in reasons().values():
        assert reason.order
        assert reason.words.en
        assert reason.words.hi
