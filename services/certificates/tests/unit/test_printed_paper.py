"""What a paper says: the facts of the signed document, under the names of the type's file."""

from dataclasses import replace
from typing import Any

import pytest
from tests.support.builders import BIRTH, CASTE, DOMICILE, MONDAY, RULEBOOK

from certificates.domain.certificates.printed_paper import FOR_EVER, OPENINGS, Line, printed_paper
from certificates.domain.label import Label
from certificates.domain.types.application_type import ApplicationType, Template

SDO = Label("Sub-Divisional Officer", "उपखण्ड अधिकारी")


def content(application_type: ApplicationType = DOMICILE, **changed: Any) -> dict[str, Any]:
    """What is signed of a certificate."""
    title = application_type.title
    return {
        "iss": "in.gov.rajasthan.emitra",
        "uri": "in.gov.rajasthan.emitra-DOMICILE-DOM7K2M9QX4TBT",
        "number": "DOM-7K2M9QX4TB-T",
        "type": application_type.code,
        "title": {"en": title.en, "hi": title.hi},
        "holder": {"name": "Test Citizen One"},
        "district": {"code": "102", "en": "Jaipur", "hi": "जयपुर"},
        "issued_on": "2026-11-23",
        "valid_until": None,
        "signed_by": {"en": SDO.en, "hi": SDO.hi},
        **changed,
    }


def value(lines: tuple[Line, ...], label: str) -> Label:
    (line,) = [line for line in lines if line.label.en == label]
    return line.value


def test_facts_are_in_the_order_of_the_form_under_its_labels() -> None:
    holder = {"father_name": "Test Father One", "name": "Test Citizen One"}
    paper = printed_paper(content(holder=holder), DOMICILE, MONDAY)
    assert [line.label.en for line in paper.facts] == ["Applicant's name", "Father's or husband's name"]
    assert value(paper.facts, "Applicant's name") == Label("Test Citizen One", "Test Citizen One")


def test_a_choice_is_printed_in_its_words_a_reason_among_them() -> None:
    paper = printed_paper(content(CASTE, holder={"category": "OBC", "father_name_absent": "not-known"}), CASTE, MONDAY)
    assert value(paper.facts, "Category") == Label("Other Backward Class", "अन्य पिछड़ा वर्ग")
    assert value(paper.facts, "Why no father's name is given") == Label("Not known", "ज्ञात नहीं")


def test_a_day_is_printed_so_that_day_and_month_are_not_taken_for_one_another() -> None:
    paper = printed_paper(content(BIRTH, holder={"date_of_birth": "2024-02-09"}), BIRTH, MONDAY)
    assert value(paper.facts, "Date of birth") == Label("9 February 2024", "9 फ़रवरी 2024")


def test_what_the_types_file_has_no_more_is_printed_all_the_same() -> None:
    holder = {"category": "SEBC", "sub_caste": "Test"}
    paper = printed_paper(content(CASTE, holder=holder), CASTE, MONDAY)
    assert value(paper.facts, "Category") == Label("SEBC", "SEBC")
    assert value(paper.facts, "sub_caste") == Label("Test", "Test")


def test_the_record_names_number_law_and_who_signed() -> None:
    record = printed_paper(content(), DOMICILE, MONDAY).record
    assert value(record, "Certificate number").en == "DOM-7K2M9QX4TB-T"
    assert value(record, "Law") == DOMICILE.legal_basis
    assert value(record, "Signed by") == SDO
    assert value(record, "Issued on") == Label("23 November 2026", "23 नवंबर 2026")


@pytest.mark.parametrize(
    ("until", "printed"), [(None, FOR_EVER), ("2027-11-22", Label("22 November 2027", "22 नवंबर 2027"))]
)
def test_the_last_day_is_printed_or_that_there_is_none(until: str | None, printed: Label) -> None:
    assert value(printed_paper(content(valid_until=until), DOMICILE, MONDAY).record, "Valid until") == printed


def test_a_paper_of_the_sandbox_is_marked() -> None:
    assert printed_paper(content(), DOMICILE, MONDAY).test is False
    assert printed_paper(content(test=True), DOMICILE, MONDAY).test is True


@pytest.mark.parametrize("template", Template)
def test_a_types_file_says_as_what_its_paper_opens(template: Template) -> None:
    of_template = replace(DOMICILE, template=template)
    assert printed_paper(content(), of_template, MONDAY).opening == OPENINGS[template]


def test_every_word_of_every_type_is_in_both_languages() -> None:
    for application_type in RULEBOOK.types.values():
        paper = printed_paper(content(application_type), application_type, MONDAY)
        labels = [label for line in (*paper.facts, *paper.record) for label in (line.label, line.value)]
        labels += [paper.title, paper.opening, paper.signed_by]
        assert not [label for label in labels if not (label.hi.strip() and label.en.strip())]
