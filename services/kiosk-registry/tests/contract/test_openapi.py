"""The committed description is the one of the routes."""

from pathlib import Path

import yaml
from kiosk_registry.entrypoints.service import SERVICE

COMMITTED = Path(__file__).parents[2] / "openapi.yaml"


def test_the_committed_openapi_document_is_generated_from_the_routes() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == SERVICE.openapi(), "run: kiosk-registry openapi > openapi.yaml"


def test_every_operation_names_its_scope_and_only_the_places_need_none() -> None:
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
        "/v1/centre-rules": {"get"},
        "/v1/lsps": {"get"},
        "/v1/centre-applications": {"get", "post"},
        "/v1/centre-applications/{opening_id}": {"get"},
        "/v1/centre-applications/{opening_id}/moves": {"post"},
        "/v1/internal/transactions/{token}": {"get"},
    }
    for path, operations in paths.items():
        for method in operations.keys() - {"parameters"}:
            kind = "write" if method == "post" else "read"
            scope = "internal" if "internal" in path else "kiosks:read"
            scope = f"centre-applications:{kind}" if "centre-applications" in path else scope
            security = [] if path == "/v1/places" else [{"oauth2": [scope]}]
            assert operations[method]["security"] == security, path
