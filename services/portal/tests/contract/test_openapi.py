"""The portal has pages and no API: its document is empty, and nothing is routed to it at the gateway."""

from pathlib import Path

import yaml

from portal.entrypoints.service import SERVICE

FOLDER = Path(__file__).parents[2]


def test_the_committed_openapi_document_is_generated_from_the_routes() -> None:
    assert (FOLDER / "openapi.yaml").read_text(encoding="utf-8") == SERVICE.openapi(), "run: make generate"


def test_the_portal_offers_no_operation() -> None:
    assert yaml.safe_load(SERVICE.openapi())["paths"] == {}
