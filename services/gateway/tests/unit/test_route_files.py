"""The route table as files that others write."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from structlog.testing import capture_logs
from tests.support.documents import BILLING, document, operation

from gateway.adapters.route_files import RouteFiles
from gateway.application.route_documents import read_service

URL = "http://127.0.0.1:8001"


def put(folder: Path, service: Any, text: Any = None, url: Any = URL) -> Any:
    if url is not None:
        (folder / f"{service}.url").write_text(url + "\n")
    (folder / f"{service}.yaml").write_text(text if text is not None else yaml.safe_dump(BILLING))


def of(service: Any, path: Any, method: Any = "get") -> Any:
    return yaml.safe_dump(document(service, {path: {method: operation("a:b")}}))


def test_a_service_appears_when_its_files_do(tmp_path: Path) -> None:
    files = RouteFiles(tmp_path)
    assert files.read().methods_at("/v1/payments") is None
    put(tmp_path, "billing")
    assert files.read().methods_at("/v1/payments") is not None
    assert files.table.services["billing"].base_url == URL


def test_a_missing_folder_is_not_an_error_and_its_contents_appear_when_it_does(tmp_path: Path) -> None:
    files = RouteFiles(tmp_path / "routes")
    assert not files.read().services
    (tmp_path / "routes").mkdir()
    put(tmp_path / "routes", "billing")
    assert files.read().services


def test_a_document_waits_for_its_url(tmp_path: Path) -> None:
    files = RouteFiles(tmp_path)
    put(tmp_path, "billing", url=None)
    assert not files.read().services
    put(tmp_path, "billing")
    assert files.read().services


@pytest.mark.parametrize(
    "broken", ["", "a: [", "just text", "openapi: 3.1.0", "paths: {/v1/x: {get: {requestBody: 7}}}", "\x00", "&a [*a]"]
)
def test_a_broken_document_leaves_the_last_good_one_in_force_and_is_logged_once(tmp_path: Path, broken: Any) -> None:
    files = RouteFiles(tmp_path)
    put(tmp_path, "billing")
    files.read()
    put(tmp_path, "billing", broken)
    with capture_logs() as logs:
        assert files.read().methods_at("/v1/payments") is not None
        files.read()
    assert [(line["event"], line["upstream"], line["last_good_kept"]) for line in logs] == [
        ("routes_refused", "billing", True)
    ]
    put(tmp_path, "billing", of("billing", "/v1/mended"))
    assert files.read().methods_at("/v1/mended") is not None
    assert files.table.methods_at("/v1/payments") is None


def test_one_broken_document_does_not_keep_another_service_out(tmp_path: Path) -> None:
    put(tmp_path, "billing", "a: [")
    put(tmp_path, "kiosks", of("kiosks", "/v1/kiosks"))
    assert set(RouteFiles(tmp_path).read().services) == {"kiosks"}


def test_a_service_whose_files_are_taken_away_is_gone(tmp_path: Path) -> None:
    files = RouteFiles(tmp_path)
    put(tmp_path, "billing")
    files.read()
    (tmp_path / "billing.yaml").unlink()
    assert files.read().methods_at("/v1/payments") is None


def test_a_new_address_is_used_at_the_next_look(tmp_path: Path) -> None:
    files = RouteFiles(tmp_path)
    put(tmp_path, "billing")
    files.read()
    put(tmp_path, "billing", url="http://127.0.0.1:9999")
    assert files.read().services["billing"].base_url == "http://127.0.0.1:9999"


def test_nobody_can_take_a_path_that_another_has_until_it_is_free(tmp_path: Path) -> None:
    files = RouteFiles(tmp_path)
    put(tmp_path, "zebra", of("zebra", "/v1/x"))
    files.read()
    put(tmp_path, "apple", of("apple", "/v1/x"))
    with capture_logs() as logs:
        assert set(files.read().services) == {"zebra"}
    assert logs[0]["problems"] == ["GET /v1/x already belongs to zebra"]
    put(tmp_path, "zebra", of("zebra", "/v1/other"))
    assert set(files.read().services) == {"zebra", "apple"}


def test_nobody_can_take_the_gateways_own_paths(tmp_path: Path) -> None:
    files = RouteFiles(tmp_path)
    files.declare_own(read_service("gateway", document("gateway", {"/docs": {"get": operation()}}), None))
    put(tmp_path, "billing", of("billing", "/docs"))
    found = files.read().methods_at("/docs")
    assert found is not None
    assert found["GET"].service == "gateway"


def test_an_unchanged_folder_gives_the_very_same_table(tmp_path: Path) -> None:
    files = RouteFiles(tmp_path)
    put(tmp_path, "billing")
    put(tmp_path, "broken", "a: [")
    assert files.read() is files.read()


def test_hidden_and_other_files_are_not_services(tmp_path: Path) -> None:
    put(tmp_path, ".billing")
    (tmp_path / "notes.txt").write_text("hello")
    assert not RouteFiles(tmp_path).read().services
