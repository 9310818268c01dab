"""The rate list over HTTP: for everybody, of today in India unless a day is given."""

from datetime import UTC, datetime

import pytest
from tests.support.world import World, json_of

from billing.entrypoints.http.tariff import routes


def test_anybody_reads_the_list_of_a_day(world: World) -> None:
    answer = world.http.get("/v1/service-charges?on=2020-08-31")

    assert answer.status_code == 200
    assert json_of(answer)["on"] == "2020-08-31"
    assert json_of(answer)["items"][0]["charge"]["slabs"][1] == {
        "up_to": {"amount": 500_000, "currency": "INR"},
        "charge": {"amount": 800, "currency": "INR"},
    }


def test_without_a_day_it_is_todays_list_in_india(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "utc_now", lambda: datetime(2020, 8, 31, 18, 30, tzinfo=UTC))

    answer = json_of(world.http.get("/v1/service-charges"))

    assert answer["on"] == "2020-09-01"
    assert answer["items"][0]["charge"]["borne_by_department"] is True


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        *(
            ({"on": written}, ("?on", "not-a-day"))
            for written in ("2026-02-30", "26-11-2026", "20261126", "2026-W48-4", "२०२६-११-२६", "yesterday", "")
        ),
        ({"day": "2026-11-26"}, ("?day", "unknown-field")),
    ],
)
def test_what_is_no_day_is_refused_at_its_place(world: World, query: dict[str, str], problem: tuple[str, str]) -> None:
    answer = world.http.get("/v1/service-charges", query_string=query)

    assert answer.status_code == 422
    assert [(told["pointer"], told["code"]) for told in json_of(answer)["errors"]] == [problem]
