"""openapi.yaml is what the routes are."""

from pathlib import Path

from certificates.entrypoints.service import SERVICE

COMMITTED = Path(__file__).parents[2] / "openapi.yaml"


def test_the_committed_document_equals_the_routes() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == SERVICE.openapi(), "run: certificates openapi > openapi.yaml"
