"""The route table as files that others write."""

import os
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY
from structlog.testing import capture_logs
from tests.support.documents import BILLING, document, operation
from tests.support.fakes import FakeLastGoodRoutes, FakeRouteRegister

from gateway.adapters.route_files import WRITTEN_SECONDS, RouteFiles
from gateway.application.merged_openapi import merged_openapi
from gateway.application.route_documents import read_service
from gateway.application.settle_routes import SettleRoutesHandler

# What routes need is right, and what the merged document needs of it is not.
WRONG_SHAPES: list[dict[str, Any]] = [
    {"tags": ["text"]},
    {"tags": [{"name": 7}]},
    {"x-problems": [{}]},
    {"x-problems": [{"slug": 7}]},
    {"components": ["text"]},
    {"components": {"securitySchemes": {"oauth2": {"flows": {"password": "text"}}}}},
    {"info": 7},
    {"released": date(2026, 1, 1)},
]
URL = "http://127.0.0.1:8001"


def gateway(folder: Path, register: Any = None, last_good: Any = None) -> RouteFiles:
    """One gateway's files; several share `register` and `last_good`."""
    return RouteFiles(folder, SettleRoutesHandler(register or FakeRouteRegister()), last_good or FakeLastGoodRoutes())


def put(folder: Path, service: Any, text: Any = None, url: Any = URL) -> Any:
    if url is not None:
        (folder / f"{service}.url").write_text(url + "\n")
    (folder / f"{service}.yaml").write_text(text if text is not None else yaml.safe_dump(BILLING))


def of(service: Any, path: Any, method: Any = "get") -> Any:
    return yaml.safe_dump(document(service, {path: {method: operation(f"{service}:read")}}))


def test_a_service_appears_when_its_files_do(tmp_path: Path) -> None:
    files = gateway(tmp_path)
    assert files.read().methods_at("/v1/payments") is None
    put(tmp_path, "billing")
    assert files.read().methods_at("/v1/payments") is not None
    assert files.table.services["billing"].base_url == URL


def test_a_missing_folder_is_not_an_error_and_its_contents_appear_when_it_does(tmp_path: Path) -> None:
    files = gateway(tmp_path / "routes")
    assert not files.read().services
    (tmp_path / "routes").mkdir()
    put(tmp_path / "routes", "billing")
    assert files.read().services


def test_a_document_waits_for_its_url(tmp_path: Path) -> None:
    files = gateway(tmp_path)
    put(tmp_path, "billing", url=None)
    assert not files.read().services
    put(tmp_path, "billing")
    assert files.read().services


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "a: [",
        "just text",
        "openapi: 3.1.0",
        "paths: {/v1/x: {get: {requestBody: 7}}}",
        "\x00",
        "&a [*a]",
        *(yaml.safe_dump({**BILLING, **wrong}) for wrong in WRONG_SHAPES),
    ],
)
def test_a_broken_document_leaves_the_last_good_one_in_force_and_is_logged_once(tmp_path: Path, broken: Any) -> None:
    files = gateway(tmp_path)
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
    assert set(gateway(tmp_path).read().services) == {"kiosks"}


def test_a_service_whose_files_are_taken_away_is_gone(tmp_path: Path) -> None:
    files = gateway(tmp_path)
    put(tmp_path, "billing")
    files.read()
    (tmp_path / "billing.yaml").unlink()
    assert files.read().methods_at("/v1/payments") is None


def test_a_new_address_is_used_at_the_next_look(tmp_path: Path) -> None:
    files = gateway(tmp_path)
    put(tmp_path, "billing")
    files.read()
    put(tmp_path, "billing", url="http://127.0.0.1:9999")
    assert files.read().services["billing"].base_url == "http://127.0.0.1:9999"


@pytest.mark.parametrize("names", [("zebra", "apple"), ("apple", "zebra")])
def test_what_somebody_has_is_refused_to_a_newcomer_told_once_and_counted(tmp_path: Path, names: Any) -> None:
    first, second = names
    files = gateway(tmp_path)
    put(tmp_path, first, of(first, "/v1/x"))
    files.read()
    put(tmp_path, second, of(second, "/v1/x"))
    with capture_logs() as logs:
        routes = files.read().methods_at("/v1/x")
        put(tmp_path, "third", of("third", "/v1/y"))
        files.read()
    assert routes is not None
    assert routes["GET"].service == first
    (line,) = [line for line in logs if line["event"] == "route_refused"]
    assert (line["upstream"], line["owner"], line["route"]) == (second, first, "GET /v1/x")
    assert line["because"] == f"{first} has GET /v1/x"
    assert "release-routes" in line["mend"]
    assert refused() == {first: 0, second: 1, "third": 0}


def refused() -> dict[str, float]:
    (family,) = [family for family in REGISTRY.collect() if family.name == "emitra_gateway_routes_refused"]
    return {sample.labels["upstream"]: sample.value for sample in family.samples}


@pytest.mark.parametrize("order", [("zebra", "apple"), ("apple", "zebra")])
def test_several_gateways_and_one_that_starts_later_route_alike(tmp_path: Path, order: Any) -> None:
    """Each sees the files in another order, as ConfigMaps arrive; the folder of the last has both at once."""
    register = FakeRouteRegister()
    folders = [tmp_path / name for name in ("one", "two", "three")]
    for folder in folders:
        folder.mkdir()
    one, two = (gateway(folder, register) for folder in folders[:2])
    for names in (order, order[::-1]):
        for files, folder, name in zip((one, two), folders, names, strict=False):
            put(folder, name, of(name, "/v1/x"))
            files.read()
    for name in order:
        put(folders[2], name, of(name, "/v1/x"))
    tables = [files.read() for files in (one, two, gateway(folders[2], register))]
    assert [(table.methods_at("/v1/x") or {})["GET"].service for table in tables] == [order[0]] * 3


def test_a_route_that_its_owner_gave_up_goes_to_who_wants_it_at_the_next_look(tmp_path: Path) -> None:
    register = FakeRouteRegister()
    files = gateway(tmp_path, register)
    put(tmp_path, "zebra", of("zebra", "/v1/x"))
    files.read()
    put(tmp_path, "zebra", of("zebra", "/v1/other"))
    put(tmp_path, "apple", of("apple", "/v1/x"))
    assert files.read().methods_at("/v1/x") is None
    stored = register.stored
    assert stored is not None
    register.replace(stored.without("zebra", [e for e in stored.of("zebra") if e.path == "/v1/x"], place=False))
    routes = files.read().methods_at("/v1/x")
    assert routes is not None
    assert routes["GET"].service == "apple"


def test_while_the_register_is_away_what_is_known_goes_on_and_what_is_new_waits(tmp_path: Path) -> None:
    register = FakeRouteRegister()
    files = gateway(tmp_path, register)
    put(tmp_path, "zebra", of("zebra", "/v1/x"))
    files.read()
    register.away = True
    put(tmp_path, "apple", of("apple", "/v1/y"))
    put(tmp_path, "zebra", of("zebra", "/v1/x"), url="http://127.0.0.1:9999")
    with capture_logs() as logs:
        assert files.read().methods_at("/v1/y") is None
        assert files.read().services["zebra"].base_url == "http://127.0.0.1:9999"
    assert [line["event"] for line in logs].count("route_register_unreachable") == 1
    assert files.table.methods_at("/v1/x") is not None
    register.away = False
    assert files.read().methods_at("/v1/y") is not None


def test_a_gateway_that_starts_without_the_register_routes_what_the_first_services_always_had(tmp_path: Path) -> None:
    register = FakeRouteRegister()
    register.away = True
    files = gateway(tmp_path, register)
    put(tmp_path, "agriculture", of("agriculture", "/v1/payments", "post"))
    put(tmp_path, "kiosk-registry", of("kiosk-registry", "/v1/kiosks"))
    assert files.read().methods_at("/v1/payments") is None
    assert files.table.methods_at("/v1/kiosks") is None
    register.away = False
    assert files.read().methods_at("/v1/kiosks") is not None
    assert files.table.methods_at("/v1/payments") is None


def test_a_gateway_that_starts_while_a_broken_document_lies_there_takes_the_last_good_one(tmp_path: Path) -> None:
    register, last_good = FakeRouteRegister(), FakeLastGoodRoutes()
    put(tmp_path, "billing")
    gateway(tmp_path, register, last_good).read()
    put(tmp_path, "billing", "a: [")
    started = gateway(tmp_path, register, last_good)
    assert started.read().methods_at("/v1/payments") is not None
    assert list(started.unusable) == ["billing"]


IN_A = "namespace_rural.configmap_routes-billing"


@pytest.mark.parametrize(
    ("written", "reached"),
    [
        ("http://billing:8000", "http://billing.rural.svc:8000"),
        ("http://billing", "http://billing.rural.svc"),
        ("http://billing.other:8000", "http://billing.other:8000"),
        ("http://10.0.0.1:8000", "http://10.0.0.1:8000"),
    ],
)
def test_in_a_cluster_files_say_the_place_they_come_from_and_addresses_are_those_of_that_namespace(
    tmp_path: Path, written: str, reached: str
) -> None:
    files = gateway(tmp_path)
    (tmp_path / f"{IN_A}.billing.yaml").write_text(yaml.safe_dump(BILLING))
    (tmp_path / f"{IN_A}.billing.address").write_text(written + "\n")
    service = files.read().services["billing"]
    assert (service.place, service.base_url) == (IN_A, reached)


def test_files_of_one_name_in_two_namespaces_do_not_harm_each_other(tmp_path: Path) -> None:
    files = gateway(tmp_path)
    for place, path in ((IN_A, "/v1/payments"), ("namespace_a.configmap_x", "/v1/other")):
        (tmp_path / f"{place}.billing.yaml").write_text(of("billing", path))
        (tmp_path / f"{place}.billing.address").write_text("http://billing:8000")
        files.read()
    assert files.table.methods_at("/v1/payments") is not None
    assert files.table.methods_at("/v1/other") is None
    assert [r.route for r in files.refusals] == ["all of its routes"]


def test_a_file_that_the_sidecar_is_writing_is_read_when_it_is_written(tmp_path: Path) -> None:
    """It writes into the file itself: half of a document may be a document with fewer routes."""
    files = gateway(tmp_path)
    document_file = tmp_path / f"{IN_A}.billing.yaml"
    (tmp_path / f"{IN_A}.billing.address").write_text("http://billing:8000")
    document_file.write_text(yaml.safe_dump(BILLING))
    files.read()
    document_file.write_text(of("billing", "/v1/billers"))
    assert files.read().methods_at("/v1/payments") is not None
    whole = time.time() - 2 * WRITTEN_SECONDS
    for path in tmp_path.iterdir():
        os.utime(path, (whole, whole))
    assert files.read().methods_at("/v1/payments") is None


def test_a_status_that_yaml_reads_as_a_number_is_one_for_nobody_else(tmp_path: Path) -> None:
    files = gateway(tmp_path)
    put(tmp_path, "billing", yaml.safe_dump(BILLING).replace("default:", "200:"))
    documents = merged_openapi(files.read().services.values(), "1")
    assert list(documents["paths"]["/v1/payments"]["post"]["responses"]) == ["200"]


def test_looking_writes_nothing_down(tmp_path: Path) -> None:
    register = FakeRouteRegister()
    put(tmp_path, "zebra", of("zebra", "/v1/x"))
    settlement = gateway(tmp_path, register).look()
    assert [(r.service, r.owner) for r in settlement.refusals] == [("zebra", None)]
    assert register.stored is None


def test_nobody_can_take_the_gateways_own_paths(tmp_path: Path) -> None:
    files = gateway(tmp_path)
    files.declare_own(read_service("gateway", document("gateway", {"/docs": {"get": operation()}}), None))
    put(tmp_path, "billing", of("billing", "/docs"))
    routes = files.read().methods_at("/docs")
    assert routes is not None
    assert routes["GET"].service == "gateway"


def test_an_unchanged_folder_gives_the_very_same_table(tmp_path: Path) -> None:
    files = gateway(tmp_path)
    put(tmp_path, "billing")
    put(tmp_path, "broken", "a: [")
    assert files.read() is files.read()


def test_hidden_and_other_files_are_not_services(tmp_path: Path) -> None:
    put(tmp_path, ".billing")
    (tmp_path / "notes.txt").write_text("hello")
    assert not gateway(tmp_path).read().services
