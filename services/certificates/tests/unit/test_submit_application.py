"""Submitting, over the fake store."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from tests.support.builders import (
    BIRTH,
    DOMICILE,
    MONDAY,
    RULEBOOK,
    a_claim,
    an_upload,
    birth_form,
    domicile_form,
)
from tests.support.commands import submit_command
from tests.support.fakes import FakeApplications, FakeCertificates, FakeDrafts, FakeUploads, Kept
from tests.support.sentences import english, hindi

from certificates.application.applications.check_answers import AnswersCheck, NamedAttachment
from certificates.application.applications.errors import AttachmentsNotAcceptable, FormNotAcceptable
from certificates.application.applications.submit_application import SubmitApplicationHandler
from certificates.domain.applications.application import Application, Happening, HistoryEntry, State
from certificates.domain.attachments.attachment import Attachment
from certificates.domain.attachments.attachment import State as UploadState
from certificates.domain.likenesses.likeness import likeness_keys
from certificates.domain.rulebook import Rulebook
from servicekit.errors import IdempotencyKeyReused, ValidationFailed
from servicekit.idempotency import Once


def with_uploads(*uploads: Attachment) -> FakeApplications:
    return FakeApplications(Kept(uploads={upload.id: upload for upload in uploads}))


def submit(store: FakeApplications, rulebook: Rulebook = RULEBOOK, **changed: Any) -> Once[str]:
    handler = SubmitApplicationHandler(
        rulebook, store, AnswersCheck(rulebook, FakeCertificates(store), FakeUploads(store)), FakeDrafts(store)
    )
    return handler(submit_command(**changed))


def test_an_application_is_kept_as_it_was_asked_for() -> None:
    store = FakeApplications()

    assert submit(store, applicant={**domicile_form(), "name": " Test Citizen One "}) == Once("app_1", replayed=False)

    application = Application(
        id="app_1",
        transaction_token="EM1",
        type_code="domicile",
        district_code="102",
        applicant=domicile_form(),
        client_id="cli_kiosk",
        kiosk_id="ksk_RJ10200001",
        fee=DOMICILE.fees[-1],
        state=State.FEE_DUE,
        step="approval",
        department="revenue",
        due_on=None,
        submitted_at=MONDAY,
        updated_at=MONDAY,
        version=1,
        events_told=1,
        likeness=likeness_keys(DOMICILE, domicile_form()),
    )
    assert store.kept.applications == {"app_1": application}
    assert store.history("app_1") == [
        HistoryEntry(
            key="app_1:1",
            application_id="app_1",
            what=Happening.SUBMITTED,
            at=MONDAY,
            state_before=None,
            state_after=State.FEE_DUE,
        )
    ]
    (told,) = store.kept.outbox
    assert (told.id, told.type, told.aggregate_id, told.request_id) == (
        "evt_1",
        "application.submitted.v1",
        "app_1",
        "req_1",
    )
    assert (told.occurred_at, told.sequence, told.causation_id) == (MONDAY, 1, None)


def test_what_is_free_goes_to_verification_with_a_last_day() -> None:
    store = FakeApplications()
    submit(store, application_type="birth", applicant=birth_form(3, MONDAY.date()))
    application = store.kept.applications["app_1"]
    assert (application.state, application.fee) == (State.IN_VERIFICATION, BIRTH.fees[0])
    assert application.due_on == RULEBOOK.calendar.due_on(MONDAY, BIRTH.steps[0].working_days)
    assert store.history("app_1")[0].state_after is State.IN_VERIFICATION


def test_the_day_is_the_one_in_rajasthan() -> None:
    store = FakeApplications()
    at = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)  # the 24th there
    submit(store, application_type="birth", applicant=birth_form(0, date(2026, 11, 24)), at=at)
    assert store.kept.applications["app_1"].submitted_at == at


def test_a_repeat_gets_the_first_application_and_changes_nothing() -> None:
    store = FakeApplications()
    submit(store)
    before = store.kept
    assert submit(store, application_id="app_2", event_id="evt_2") == Once("app_1", replayed=True)
    assert store.kept == before


WITHOUT_DOMICILE = replace(RULEBOOK, types={"birth": BIRTH})


def test_a_repeat_is_answered_though_its_type_is_gone_and_a_new_request_is_not() -> None:
    store = FakeApplications()
    submit(store)
    assert submit(store, WITHOUT_DOMICILE) == Once("app_1", replayed=True)
    with pytest.raises(ValidationFailed):
        submit(store, WITHOUT_DOMICILE, claim=a_claim("another"))
    with pytest.raises(IdempotencyKeyReused):
        submit(store, WITHOUT_DOMICILE, claim=replace(submit_command().claim, fingerprint="another"))


TYPE, DISTRICT = "/application_type", "/district_code"
BEFORE_ALL_ORDERS = datetime(2013, 12, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({"application_type": "passport"}, [(TYPE, "unknown")]),
        ({"district_code": "999"}, [(DISTRICT, "unknown")]),
        ({"application_type": "passport", "district_code": "999"}, [(TYPE, "unknown"), (DISTRICT, "unknown")]),
        ({"at": BEFORE_ALL_ORDERS}, [(TYPE, "not-open-yet")]),
        ({"at": BEFORE_ALL_ORDERS, "district_code": "999"}, [(TYPE, "not-open-yet"), (DISTRICT, "unknown")]),
    ],
)
def test_a_type_and_a_district_that_cannot_be_applied_for_are_told_together(
    changed: dict[str, Any], refused: list[tuple[str, str]]
) -> None:
    store = FakeApplications()
    with pytest.raises(ValidationFailed) as told:
        submit(store, **changed)
    assert type(told.value) is ValidationFailed
    assert english(told.value.detail)
    assert [(problem.pointer, problem.code) for problem in told.value.errors] == refused
    assert [problem.detail for problem in told.value.errors if not english(problem.detail)] == []
    assert store.kept == FakeApplications().kept


@pytest.mark.parametrize(
    ("field", "pointer"),
    [
        ("nickname", "nickname"),
        ("a/b~c", "a~1b~0c"),
        ("~1", "~01"),
        ("x" * 61, "x" * 60),
        ("/" * 60, "~1" * 60),
    ],
)
def test_what_is_wrong_with_a_form_is_told_by_pointers_that_the_sender_cannot_break(field: str, pointer: str) -> None:
    store = FakeApplications()
    with pytest.raises(FormNotAcceptable) as told:
        submit(store, applicant={**domicile_form(name=None), field: "secret"})
    assert [(problem.pointer, problem.code) for problem in told.value.errors] == [
        (f"/applicant/{pointer}", "unknown-field"),
        ("/applicant/name", "missing"),
    ]
    for problem in told.value.errors:
        assert english(problem.detail)
        assert hindi(problem.detail_hi)
        assert "secret" not in problem.detail
    assert told.value.detail == "2 field(s) of the form are not acceptable; see GET /v1/application-types/domicile."
    assert store.kept == FakeApplications().kept


def test_papers_are_attached_with_the_application() -> None:
    store = with_uploads(an_upload())
    submit(store, attachments=[NamedAttachment("photograph", "att_1")])
    upload = store.kept.uploads["att_1"]
    assert (upload.application_id, upload.code, upload.expires_at) == ("app_1", "photograph", None)


@pytest.mark.parametrize(
    ("upload", "named", "problems"),
    [
        ({}, ("horoscope", "att_1"), [("/attachments/0/code", "unknown")]),
        ({}, ("photograph", "att_2"), [("/attachments/0/attachment_id", "unknown")]),
        ({"kiosk_id": "ksk_RJ10200002"}, ("photograph", "att_1"), [("/attachments/0/attachment_id", "unknown")]),
        (
            {"kiosk_id": None},
            ("horoscope", "att_1"),
            [("/attachments/0/code", "unknown"), ("/attachments/0/attachment_id", "unknown")],
        ),
        ({"state": UploadState.RECEIVING}, ("photograph", "att_1"), [("/attachments/0/attachment_id", "not-ready")]),
        ({"state": UploadState.REFUSED}, ("photograph", "att_1"), [("/attachments/0/attachment_id", "not-ready")]),
        ({"application_id": "app_0"}, ("photograph", "att_1"), [("/attachments/0/attachment_id", "not-ready")]),
        ({"expires_at": MONDAY}, ("photograph", "att_1"), [("/attachments/0/attachment_id", "not-ready")]),
    ],
    ids=range(8),
)
def test_papers_that_cannot_be_attached_are_named_and_nothing_is_kept(
    upload: dict[str, Any], named: tuple[str, str], problems: list[tuple[str, str]]
) -> None:
    store = with_uploads(an_upload(**upload))
    with pytest.raises(AttachmentsNotAcceptable) as refused:
        submit(store, attachments=[NamedAttachment(*named)])
    assert [(problem.pointer, problem.code) for problem in refused.value.errors] == problems
    assert all(problem.detail_hi for problem in refused.value.errors)
    assert not store.kept.applications
    assert not store.kept.claims
