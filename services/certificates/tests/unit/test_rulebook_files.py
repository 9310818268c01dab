"""The files of data: those that ship are right, and everything wrong with any of them is reported together."""

import re
from pathlib import Path

import pytest
from tests.support.builders import RULEBOOK

from certificates.adapters.rulebook.rulebook_files import SHIPPED_TYPES, RulebookInvalid, load_rulebook
from certificates.domain.label import Label
from certificates.domain.types.application_type import Post
from emitra_contracts import schema

DOMICILE = (SHIPPED_TYPES / "domicile.toml").read_text(encoding="utf-8")

TEHSILDAR = 'posts = [{ name = { en = "Tehsildar", hi = "तहसीलदार" } }]'


def problems(folder: Path) -> list[str]:
    with pytest.raises(RulebookInvalid) as refused:
        load_rulebook(folder)
    return refused.value.problems


def test_every_district_is_known_in_both_languages() -> None:
    assert len(RULEBOOK.districts) == 33
    assert RULEBOOK.districts["102"].name.en == "Jaipur"
    assert all(district.name.hi for district in RULEBOOK.districts.values())


def test_every_fee_names_its_order_in_both_languages() -> None:
    orders = [(fee.order, fee.order_hi) for kind in RULEBOOK.types.values() for fee in kind.fees]
    assert not [order for order, order_hi in orders if not any("ऀ" <= letter <= "ॿ" for letter in order_hi)]


def test_every_reason_of_a_refusal_may_be_told_by_an_event() -> None:
    said = schema("application.decided.v1")["properties"]
    for code, label in RULEBOOK.refusal_reasons.items():
        assert re.search(said["reason"]["pattern"], code)
        assert code in said["reason"]["x-extensible-enum"]
        assert re.search(said["reason_en"]["pattern"], label.en)
        assert re.search(said["reason_hi"]["pattern"], label.hi)


def test_a_type_written_before_orders_had_hindi_names_still_loads(tmp_path: Path) -> None:
    older = "\n".join(line for line in DOMICILE.splitlines() if not line.startswith("order_hi"))
    (tmp_path / "domicile.toml").write_text(older, encoding="utf-8")
    fee = load_rulebook(tmp_path).types["domicile"].fees[0]
    assert fee.order_hi == fee.order


def test_a_type_written_before_papers_had_qrs_still_loads(tmp_path: Path) -> None:
    (tmp_path / "domicile.toml").write_text(DOMICILE.replace('holder = ["name"]', ""), encoding="utf-8")
    assert load_rulebook(tmp_path).types["domicile"].holder == ()


def test_every_type_says_whom_its_certificates_are_about() -> None:
    assert [code for code, known in RULEBOOK.types.items() if not known.holder] == []


def test_a_new_type_is_a_new_file(tmp_path: Path) -> None:
    for name, text in {
        "domicile": DOMICILE,
        "character": DOMICILE.replace('"domicile"', '"character"').replace('"DOM', '"CHR'),
    }.items():
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    assert set(load_rulebook(tmp_path).types) == {"character", "domicile"}


def test_a_step_but_the_last_may_leave_its_posts_open_and_a_post_may_name_its_order(tmp_path: Path) -> None:
    order = 'order = { en = "Order 7 of 2026", hi = "2026 का आदेश 7" } }]'
    first = '[[steps]]\nname = "report"\nrole = "officer"\ndepartment = "revenue"\nworking_days = 2\n'
    first += 'label = { en = "Report", hi = "रिपोर्ट" }\n\n[[steps]]'
    text = DOMICILE.replace("[[steps]]", first).replace(TEHSILDAR, TEHSILDAR.replace("}]", f", {order}"))
    (tmp_path / "domicile.toml").write_text(text, encoding="utf-8")
    report, approval = load_rulebook(tmp_path).types["domicile"].steps
    assert report.posts == ()
    assert approval.posts == (Post(Label("Tehsildar", "तहसीलदार"), Label("Order 7 of 2026", "2026 का आदेश 7")),)


def test_a_folder_without_types_is_refused(tmp_path: Path) -> None:
    assert "has no application type" in problems(tmp_path)[0]


@pytest.mark.parametrize(
    ("good", "bad", "where"),
    [
        ('code = "domicile"', 'code = "residence"', "domicile.toml:4: code"),
        ('type = "date"', 'type = "day"', "fields.6.type"),
        (', hi = "तहसीलदार की स्वीकृति" }', " }", "steps.0.label.hi"),
        ("paise = 5000", "paise = -1", "fees.1.paise"),
        ("paise = 5000", "paise = 50.5", "fees.1.paise"),
        ("effective_from = 2020-09-01", 'effective_from = "2020-09-01"', "fees.1.effective_from"),
        ("effective_from = 2020-09-01", "effective_from = 2010-09-01", "fees: Must be in order"),
        ("working_days = 7", "working_days = 0", "steps.0.working_days"),
        ("working_days = 7", "working_days = 7\nsurprise = 1", "steps.0.surprise"),
        ("maximum = 120", "maximum = 120\npattern = 'x'", "fields.10.pattern"),
        ('instead_of = ["father_name"]', 'instead_of = ["fathers_name"]', "fathers_name, which is no required field"),
        ('instead_of = ["father_name"]', 'instead_of = ["mother_name"]', "mother_name, which is no required field"),
        ('type = "choice"\non_certificate = true', 'type = "choice"', "so it must be printed too"),
        ('instead_of = ["father_name"]', 'instead_of = ["father_name"]\nrequired = true', "not required itself"),
        ('kind = "age-at"', 'kind = "age-of"', "rules.1: Must have a kind"),
        ('born = "date_of_birth"\nmaximum', 'born = "day"\nmaximum', "1.born: the form has no field day"),
        ('born = "date_of_birth"\nmaximum', 'born = "name"\nmaximum', "1.born: name is no date"),
        ('years = "years_of_residence"', 'years = "name"', "2.years: name is no integer"),
        (TEHSILDAR, "", "steps.0.posts: The last step must name who decides it"),
        (TEHSILDAR, "posts = []", "steps.0.posts: The last step must name who decides it"),
        (TEHSILDAR, 'posts = [{ name = { en = "Tehsildar" } }]', "steps.0.posts.0.name.hi"),
        (TEHSILDAR, TEHSILDAR.replace("Tehsildar", "Patwari"), "signer: Must be one of the posts of the last step"),
        (TEHSILDAR, TEHSILDAR.replace(" } }]", " }, order = 5 }]"), "steps.0.posts.0.order"),
        ("paise = 5000", "paise = 5000\nafter_days = 21", "event: Fees of a late report need"),
        ("maximum = 130", "maximum = 131", "rules.1.maximum"),
        ("minimum = 1875", "minimum = 0", "year_of_birth: a date, or a year from 1875 on, stands in for date_of_birth"),
        ('name = "mother_name"', 'name = "father_name"', "fields: Twice"),
        ('script = "Devanagari"', "pattern = '['", "fields.1.pattern: Is not a regular expression"),
        ('script = "Devanagari"', 'script = "Klingon"', "fields.1.script"),
        (
            'writing = "name"\nrequired = true\non_certificate = true\nscript',
            "on_certificate = true\nscript",
            "fields.1.script: Only a name",
        ),
        ("on_certificate = true", "on_certificate = false", "fields: At least one"),
        ('holder = ["name"]', 'holder = ["name", "mother_name"]', "holder: Must be names that are on_certificate"),
        ('holder = ["name"]', 'holder = ["address"]', "which these are not: address"),
        ('holder = ["name"]', 'holder = ["name", "name_hi", "father_name"]', "holder: May have 200 characters"),
        ("on_certificate = true\nlabel", "on_certificate = true\nmax_length = 500\nlabel", "fields: Texts on"),
        ('order = "Government form fee', 'order = "Form <fee>', "fees.1.order"),
        ('issued_by = "other"', 'issued_by = "rajasthan"', "documents.2.issued_by: Ask once"),
        ('code = "domicile"', "code = ", "domicile.toml:4: is not TOML"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_place(tmp_path: Path, good: str, bad: str, where: str) -> None:
    assert good in DOMICILE
    (tmp_path / "domicile.toml").write_text(DOMICILE.replace(good, bad), encoding="utf-8")
    assert where in "\n".join(problems(tmp_path))


def test_everything_wrong_with_every_file_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "domicile.toml").write_text(
        DOMICILE.replace("paise = 3000", "paise = -1").replace("working_days = 7", "working_days = 0"), encoding="utf-8"
    )
    (tmp_path / "broken.toml").write_text("code = ", encoding="utf-8")
    listed = problems(tmp_path)
    assert len(listed) == 3
    assert listed[0].startswith("broken.toml")


def test_two_types_may_not_share_what_begins_their_numbers(tmp_path: Path) -> None:
    for code in ("domicile", "residence"):
        text = DOMICILE.replace('code = "domicile"', f'code = "{code}"')
        (tmp_path / f"{code}.toml").write_text(text, encoding="utf-8")
    assert problems(tmp_path) == [
        "prefix 'DOM' belongs to more than one type",
        "doctype 'DOMICILE' belongs to more than one type",
    ]
