"""What is the same for everybody is asked once a minute, and outlives a short failure."""

import pytest
from tests.support.fake_platform import APPLICATION_TOKEN, JAIPUR, VALID_TEXT, FakePlatform

from portal.adapters.remembered import FRESH_SECONDS, RETRY_SECONDS, STALE_SECONDS, RememberedPlatform
from servicekit.errors import DependencyTimeout, DependencyUnavailable, ServiceError


class Clock:
    at = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def remembered(platform: FakePlatform, clock: Clock) -> RememberedPlatform:
    return RememberedPlatform(platform, clock)


def test_a_list_is_asked_for_once_a_minute(
    remembered: RememberedPlatform, platform: FakePlatform, clock: Clock
) -> None:
    assert remembered.billers() == remembered.billers() == platform.billers()
    clock.at += FRESH_SECONDS - 0.1
    remembered.billers()
    assert platform.calls == ["billers", "billers"]

    clock.at += 0.1
    remembered.billers()
    assert len(platform.calls) == 3


def test_each_question_has_an_answer_of_its_own(remembered: RememberedPlatform) -> None:
    assert len(remembered.districts()) == 33
    assert len(remembered.application_types()) == 6
    assert remembered.service_charges()["on"] == "2026-11-26"
    for code in ("domicile", "income", "domicile"):
        shown = remembered.application_type(code)
        assert shown is not None
        assert shown["application_type"] == code


@pytest.mark.parametrize("failure", [DependencyUnavailable("down"), DependencyTimeout("slow")])
def test_an_answer_outlives_a_short_failure_and_no_long_one(
    remembered: RememberedPlatform, platform: FakePlatform, clock: Clock, failure: ServiceError
) -> None:
    billers = remembered.billers()
    platform.failure = failure

    clock.at += STALE_SECONDS - 0.1
    assert remembered.billers() == billers
    clock.at += 0.1
    with pytest.raises(type(failure)):
        remembered.billers()

    platform.failure = None
    assert remembered.billers() == billers


def test_a_platform_that_fails_is_left_alone_for_a_while(
    remembered: RememberedPlatform, platform: FakePlatform, clock: Clock
) -> None:
    remembered.billers()
    platform.failure = DependencyUnavailable("down")
    clock.at += FRESH_SECONDS
    remembered.billers()
    remembered.billers()
    assert len(platform.calls) == 2

    clock.at += RETRY_SECONDS
    remembered.billers()
    assert len(platform.calls) == 3


def test_an_application_type_that_there_is_not_is_not_asked_for(
    remembered: RememberedPlatform, platform: FakePlatform
) -> None:
    assert remembered.application_type("passport") is None
    assert platform.calls == ["application_types"]


def test_what_is_about_one_person_is_asked_every_time(remembered: RememberedPlatform, platform: FakePlatform) -> None:
    for _ in range(2):
        remembered.transaction(APPLICATION_TOKEN)
        remembered.verification_of_text(VALID_TEXT)
        remembered.verification_of_pdf(b"%PDF-")
        remembered.nearest_centres(*JAIPUR, 10)
        remembered.pin_places("302001")

    assert platform.calls == ["transaction", "verification_of_text", "verification_of_pdf", "nearest", "pin_places"] * 2
