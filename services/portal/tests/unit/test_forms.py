"""What holds of every form that is sent: a question, of which nobody keeps anything."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from tests.support.fake_platform import APPLICATION_TOKEN, VALID_TEXT, FakePlatform
from werkzeug.test import TestResponse

from servicekit.errors import DependencyTimeout, DependencyUnavailable, ServiceError

Post = Callable[..., TestResponse]
# Each form by its page, with a field and what may be asked in it.
FORMS = [("track", "token", APPLICATION_TOKEN), ("verify", "text", VALID_TEXT)]


@pytest.mark.parametrize(("place", "field", "text"), FORMS)
def test_nobody_on_the_way_keeps_the_answer_and_no_log_has_what_was_asked(
    post: Post, capsys: pytest.CaptureFixture[str], place: str, field: str, text: str
) -> None:
    response = post(f"/en/{place}", **{field: text})

    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    written = "".join(capsys.readouterr())
    assert "http_request" in written
    assert text not in written


@pytest.mark.parametrize(("place", "field", "text"), FORMS)
@pytest.mark.parametrize(("failure", "status"), [(DependencyUnavailable("x"), 503), (DependencyTimeout("x"), 504)])
def test_without_the_gateway_nothing_is_answered_and_nothing_is_lost(
    post: Post, platform: FakePlatform, place: str, field: str, text: str, failure: ServiceError, status: int
) -> None:
    platform.failure = failure

    response = post(f"/en/{place}", **{field: text})

    assert response.status_code == status
    assert "This cannot be shown just now" in response.text
    assert "nothing that you paid or applied for is lost" in response.text


@pytest.mark.parametrize(("place", "field", "text"), FORMS)
def test_a_form_of_another_kind_is_an_empty_one(client: FlaskClient, place: str, field: str, text: str) -> None:
    assert client.post(f"/en/{place}", json={field: text}).status_code == 422


def test_a_form_that_is_too_large_is_refused(post: Post) -> None:
    response = post("/en/track", token=APPLICATION_TOKEN * 20_000)

    assert response.status_code == 413
    assert "That could not be read" in response.text
