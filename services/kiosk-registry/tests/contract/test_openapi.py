"""The committed description is the one of the routes."""

from pathlib import Path

import yaml

from kiosk_registry.entrypoints.service import SERVICE

COMMITTED = Path(__file__).parents[2] / "openapi.yaml"


def test_the_committed_openapi_document_is_generated_from_the_routes() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == SERVICE.openapi(), "run: kiosk-registry openapi > openapi.yaml"


def test_every_operation_but_the_places_needs_a_scope_of_the_register() -> None:
    paths = yaml.load(SERVICE.openapi(), yaml.CSafeLoader)["paths"]

    scopes = {
        f"{method} {path}": [scope for needed in operation["security"] for scope in needed["oauth2"]]
        for path, operations in paths.items()
        for method, operation in operations.items()
        if method != "parameters"
    }
    assert scopes == {
        "get /v1/kiosks": ["kiosks:read"],
        "get /v1/kiosks/nearest": ["kiosks:read"],
        "get /v1/kiosks/statistics": ["kiosks:read"],
        "get /v1/kiosks/{kiosk_id}": ["kiosks:read"],
        "get /v1/kiosks/{kiosk_id}/changes": ["kiosks:read"],
        "post /v1/kiosks/{kiosk_id}/changes": ["kiosks:change"],
        "get /v1/privacy/export/kiosk-registry": ["privacy:own"],
        "get /v1/districts": ["kiosks:read"],
        "get /v1/places": [],
        "get /v1/districts/{district_code}/jurisdiction": ["kiosks:read"],
        "get /v1/divisions": ["kiosks:read"],
        "get /v1/centre-rules": ["kiosks:read"],
        "get /v1/lsps": ["kiosks:read"],
        "get /v1/centre-cases": ["kiosks:read"],
        "post /v1/centre-cases": ["kiosks:change"],
        "get /v1/centre-cases/{case_id}": ["kiosks:read"],
        "post /v1/centre-cases/{case_id}/moves": ["kiosks:change"],
        "get /v1/kiosks/{kiosk_id}/inspections": ["kiosks:read"],
        "post /v1/kiosks/{kiosk_id}/inspections": ["kiosks:change"],
        "get /v1/inspection-checklist": ["kiosks:read"],
        "get /v1/penalty-slabs": ["kiosks:read"],
        "get /v1/centre-applications": ["centre-applications:read"],
        "post /v1/centre-applications": ["centre-applications:write"],
        "get /v1/centre-applications/{opening_id}": ["centre-applications:read"],
        "post /v1/centre-applications/{opening_id}/moves": ["centre-applications:write"],
        "get /v1/internal/transactions/{token}": ["internal"],
        "get /v1/coverage": ["kiosks:read"],
        "get /v1/coverage/districts": ["kiosks:read"],
        "post /v1/kiosks/{kiosk_id}/heartbeats": ["kiosks:report"],
        "put /v1/kiosks/{kiosk_id}/machine": ["kiosks:bind"],
        "get /v1/kiosks/{kiosk_id}/liveness": ["kiosks:read"],
        "get /v1/kiosk-liveness": ["kiosks:read"],
        "post /v1/kiosk-imports": ["kiosks:bulk"],
        "put /v1/kiosk-imports/{operation_id}/pieces/{number}": ["kiosks:bulk"],
        "post /v1/kiosk-imports/{operation_id}/runs": ["kiosks:bulk"],
        "post /v1/kiosk-exports": ["kiosks:bulk"],
        "get /v1/kiosk-exports/{operation_id}/pieces/{number}": ["kiosks:bulk"],
        "get /v1/kiosk-operations/{operation_id}": ["kiosks:bulk"],
        "get /v1/kiosk-operations/{operation_id}/problems": ["kiosks:bulk"],
    }
