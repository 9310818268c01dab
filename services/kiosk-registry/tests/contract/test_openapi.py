"""The committed description is the one of the routes."""

from pathlib import Path

import yaml
from kiosk_registry.entrypoints.service import SERVICE

COMMITTED = Path(__file__).parents[2] / "openapi.yaml"


def test_the_committed_openapi_document_is_generated_from_the_routes() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == SERVICE.openapi(), "run: kiosk-registry openapi > openapi.yaml"


def test_every_operation_but_the_places_needs_the_scope_to_read_centres() -> None:
    paths = yaml.safe_load(SERVICE.openapi())["paths"]

    assert {path: set(operations) - {"parameters"} for path, operations in paths.items()} == {
        "/v1/kiosks": {"get"},
        "/v1/kiosks/nearest": {"get"},
        "/v1/kiosks/statistics": {"get"},
        "/v1/kiosks/{kiosk_id}": {"get"},
        "/v1/districts": {"get"},
        "/v1/districts/{district_code}/jurisdiction": {"get"},
        "/v1/divisions": {"get"},
        "/v1/places": {"get"},
    }
    for path, operations in paths.items():
        assert operations["get"]["security"] == ([] if path == "/v1/places" else [{"oauth2": ["kiosks:read"]}])
