"""What every process tells Prometheus: one scheme of names, and no label that a caller could fill."""

import re

import pytest
from prometheus_client import REGISTRY, generate_latest

import servicekit.broker.metrics
import servicekit.events.metrics
import servicekit.mongo.pool_metrics  # noqa: F401 each registers its own as it is imported
from servicekit.observability.metrics import observe_request, observed_call

# OpenTelemetry's semantic conventions that we follow, as Prometheus writes their names.
CONVENTIONS = ("http_server_", "http_client_", "db_client_")
OF_THE_LIBRARY = ("python_", "process_")


def families() -> list[str]:
    return [family.name for family in REGISTRY.collect() if not family.name.startswith(OF_THE_LIBRARY)]


def test_a_name_is_a_conventions_or_begins_with_our_own_prefix() -> None:
    assert families()
    assert [name for name in families() if not name.startswith((*CONVENTIONS, "emitra_"))] == []


def test_nothing_is_said_twice_with_the_time_of_its_beginning() -> None:
    observe_request("GET", "/v1/things", 200, 0.1)
    assert re.findall(r"^\S+_created", generate_latest(REGISTRY).decode(), re.MULTILINE) == []


def test_whatever_callers_send_adds_no_series() -> None:
    def series() -> int:
        return sum(len(family.samples) for family in REGISTRY.collect() if family.name.startswith("http_server"))

    observe_request("BREW", "/v1/things", 405, 0.1)
    before = series()
    for number in range(1000):
        observe_request(f"BREW{number}", "/v1/things", 405, 0.1)
    assert series() == before


@pytest.mark.parametrize(
    ("status", "error", "code", "kind"),
    [
        (200, None, "200", ""),
        (404, None, "404", ""),
        (503, None, "503", "503"),
        (None, TimeoutError("after 5 s at 10.0.0.1"), "", "TimeoutError"),
    ],
)
def test_a_call_is_measured_by_whom_it_was_made_to_and_how_it_ended(
    status: int | None, error: Exception | None, code: str, kind: str
) -> None:
    labels = {
        "server_address": "tests",
        "http_request_method": "POST",
        "http_response_status_code": code,
        "error_type": kind,
    }

    def count() -> float:
        return REGISTRY.get_sample_value("http_client_request_duration_seconds_count", labels) or 0.0

    before = count()
    try:
        with observed_call("tests", "POST") as call:
            call.status = status
            if error:
                raise error
    except TimeoutError:
        pass
    assert count() == before + 1
