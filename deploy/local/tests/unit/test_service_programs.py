"""What the launcher tells the gateway of a service, and where it asks a program whether it is ready."""

from pathlib import Path
from typing import Any, cast

import pytest

from emitra_local.secret_store import SecretStore
from emitra_local.service_programs import ServicePrograms
from emitra_local.workspace import Package


def parking(root: Path) -> ServicePrograms:
    secrets, nothing = SecretStore(root / "secrets.json"), cast(Any, None)
    package = Package(root / "parking")
    package.folder.mkdir()
    return ServicePrograms(
        package, nothing, nothing, secrets, root, {"parking-http": 20_001}, {}, "mark", lambda _, env: env
    )


def test_a_service_with_an_openapi_document_is_routed_to(tmp_path: Path) -> None:
    service, lines = parking(tmp_path), list[str]()
    (service.package.folder / "openapi.yaml").write_text("openapi: 3.1.0\n")

    service.publish_route(tmp_path, lines.append)

    assert (tmp_path / "parking.yaml").read_text() == "openapi: 3.1.0\n"
    assert (tmp_path / "parking.url").read_text() == "http://127.0.0.1:20001\n"
    assert lines == []


def test_a_service_without_one_is_said_to_have_no_route(tmp_path: Path) -> None:
    service, lines = parking(tmp_path), list[str]()

    service.publish_route(tmp_path, lines.append)

    assert list(tmp_path.glob("parking.*")) == []
    assert [line.startswith("parking has no openapi.yaml") for line in lines] == [True]


@pytest.mark.parametrize(
    ("process", "env", "port"),
    [
        ("api", {"HTTP_PORT": "1", "PROBE_PORT": "2", "API_PROBE_PORT": "3"}, 3),
        ("api", {"HTTP_PORT": "1", "PROBE_PORT": "2"}, 1),  # 0.1.0, which answered its probes among its routes
        ("worker", {"HTTP_PORT": "1", "PROBE_PORT": "2", "API_PROBE_PORT": "3"}, 2),
    ],
)
def test_a_process_is_asked_where_it_was_told_to_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, process: str, env: dict[str, str], port: int
) -> None:
    monkeypatch.setattr(ServicePrograms, "env", lambda _, asked: env if asked == process else {})
    assert parking(tmp_path).ready_url(process) == f"http://127.0.0.1:{port}/readyz"
