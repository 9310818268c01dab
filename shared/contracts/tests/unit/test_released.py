"""What a release writes into the services' folders, and what the gate reads of a repository of its own."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from emitra_contracts import catalogue
from emitra_contracts.cli import app
from emitra_contracts.folders import BrokenContract, claims, owners, repository
from emitra_contracts.released import (
    broken_files,
    contracts_of_today,
    damaged_files,
    release,
    released_contracts,
)

OPENAPI = "openapi: 3.1.0\npaths:\n  /v1/crops:\n    get:\n      operationId: list_crops\n"
SCHEMA = {"type": "object", "properties": {"crop_id": {"type": "string"}}, "required": ["crop_id"]}
ROW = {"aggregate_type": "crop", "aggregate_id": "crop_id", "description": "A crop was sown."}
EXAMPLE = catalogue.examples("payment.completed.v1")[0] | {
    "type": "org.emitra.crop.sown.v1",
    "source": "/emitra/agriculture",
    "subject": "crp_1",
    "partitionkey": "crp_1",
    "dataschema": "urn:emitra:events:crop.sown.v1",
    "data": {"crop_id": "crp_1"},
}


def write(file: Path, content: object) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def add_service(root: Path, name: str, event: str = "") -> Path:
    """A service with one operation, which publishes `event`; its folder of contracts."""
    folder = root / "services" / name
    write(folder / "pyproject.toml", "[project]")
    write(folder / "openapi.yaml", OPENAPI.replace("crops", f"{name}-crops"))
    write(folder / "events.json", {"publishes": [event] if event else [], "consumes": []})
    if event:
        add_event(folder / "contracts", event)
    return folder / "contracts"


def add_event(contracts: Path, event: str) -> None:
    write(contracts / "events" / event / "event.json", ROW)
    write(contracts / "events" / event / "schema.json", SCHEMA)
    write(contracts / "events" / event / "examples" / "wheat.json", EXAMPLE)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of two services, of which agriculture publishes an event."""
    write(tmp_path / "shared/contracts/src/emitra_contracts/envelope.schema.json", {"type": "object"})
    add_service(tmp_path, "agriculture", "crop.sown.v1")
    add_service(tmp_path, "fisheries")
    monkeypatch.setenv("EMITRA_ROOT", str(tmp_path))
    catalogue._folders.cache_clear()
    return tmp_path


@pytest.fixture(autouse=True)
def _forget() -> object:
    yield
    catalogue._folders.cache_clear()


@pytest.fixture
def released(root: Path) -> Path:
    release(contracts_of_today(root), root)
    return root


def files(root: Path) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in root.rglob("*") if file.is_file()}


def gate(root: Path, *arguments: str) -> tuple[int, str]:
    outcome = CliRunner().invoke(app, [*arguments, "--root", str(root)])
    return outcome.exit_code, outcome.output


def test_a_service_and_its_events_are_there_by_their_folder_alone(root: Path) -> None:
    assert owners(root) == {"crop.sown.v1": root / "services/agriculture/contracts/events/crop.sown.v1"}
    today = contracts_of_today(root)
    assert today.catalogue == {"crop.sown.v1": {"producer": "agriculture", **ROW}}
    assert today.publishers == {"crop.sown.v1": "agriculture"}
    assert today.apis.keys() == {"agriculture", "fisheries"}


def test_a_release_holds_what_was_released_and_a_repeat_adds_nothing(root: Path) -> None:
    added = release(contracts_of_today(root), root)
    assert added == ["services/agriculture/contracts/released/events/crop.sown.v1/examples/wheat.1.json"]
    assert released_contracts(root) == contracts_of_today(root)
    before = files(root)
    assert release(contracts_of_today(root), root) == []
    assert files(root) == before


def test_a_service_is_released_alone(root: Path) -> None:
    before = files(root)
    assert release(contracts_of_today(root), root, ["agriculture"])
    changed = {file for file, content in files(root).items() if before.get(file) != content}
    assert changed
    assert all(file.is_relative_to(root / "services/agriculture/contracts/released") for file in changed)


def test_a_new_version_of_an_example_is_added_beside_the_old_one(released: Path) -> None:
    contracts = released / "services/agriculture/contracts"
    old = contracts / "released/events/crop.sown.v1/examples/wheat.1.json"
    content = old.read_bytes()
    write(contracts / "events/crop.sown.v1/examples/wheat.json", {**EXAMPLE, "id": "2"})
    (added,) = release(contracts_of_today(released), released)
    assert added.endswith("/wheat.2.json")
    assert old.read_bytes() == content


def test_a_retired_event_loses_its_schema_and_keeps_its_examples(released: Path) -> None:
    contracts = released / "services/agriculture/contracts"
    for name in ("event.json", "schema.json"):
        (contracts / "events/crop.sown.v1" / name).unlink()
    write(released / "services/agriculture/events.json", {"publishes": [], "consumes": []})
    release(contracts_of_today(released), released)
    assert released_contracts(released).catalogue == {}
    assert list(damaged_files(released)) == []
    assert list(contracts.glob("released/events/crop.sown.v1/examples/*.json"))


def test_what_was_released_cannot_be_edited_removed_or_added_to_unnoticed(released: Path) -> None:
    assert list(damaged_files(released)) == []
    folder = released / "services/agriculture/contracts/released"
    envelope = released / "shared/contracts/src/emitra_contracts/released/envelope.schema.json"
    (folder / "published.json").unlink()
    (folder / "events/crop.sown.v1/examples/other.1.json").write_text("{}")
    edited = ["openapi.yaml", "events/crop.sown.v1/event.json", "events/crop.sown.v1/schema.json"]
    edited += ["events/crop.sown.v1/examples/wheat.1.json"]
    for file in [envelope, *(folder / path for path in edited)]:
        file.write_text("{}")
    shown = folder.relative_to(released)
    assert {path: damage.partition(":")[0] for path, damage in damaged_files(released)} == {
        str(envelope.relative_to(released)): "was changed",
        f"{shown}/published.json": "is gone",
        f"{shown}/events/crop.sown.v1/examples/other.1.json": "was put there by hand",
        **{f"{shown}/{path}": "was changed" for path in edited},
    }


def test_the_gate_passes_on_what_was_released_and_refuses_to_compare_with_nothing(root: Path) -> None:
    code, text = gate(root, "check")
    assert code == 1
    assert "Nothing was ever released" in text
    assert gate(root, "release")[0] == 0
    assert gate(root, "check") == (0, "Nothing that was released is broken.\n")


def test_a_removed_operation_fails_the_gate_until_its_day_in_the_services_own_sunsets(released: Path) -> None:
    openapi = released / "services/fisheries/openapi.yaml"
    write(openapi, "openapi: 3.1.0\npaths:\n  /v1/ponds: {}\n")
    code, text = gate(released, "check")
    assert code == 1
    assert "fisheries GET /v1/fisheries-crops" in text
    write(released / "services/fisheries/contracts/sunsets.json", {"GET /v1/fisheries-crops": "2026-01-01"})
    assert gate(released, "check")[0] == 0


def test_a_broken_file_is_told_with_service_file_and_remedy_and_the_others_are_compared(released: Path) -> None:
    write(released / "services/agriculture/contracts/events/crop.sown.v1/schema.json", "{\n no")
    write(released / "services/fisheries/openapi.yaml", "openapi: 3.1.0\npaths:\n  /v1/ponds: {}\n")
    code, text = gate(released, "check")
    assert code == 1
    assert "services/agriculture/contracts/events/crop.sown.v1/schema.json:2: is no JSON" in text
    assert "Mend the file." in text
    assert "fisheries GET /v1/fisheries-crops" in text


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("contracts/clients.json", "[]", "holds no JSON object"),
        ("contracts/accepted.json", "{}", "holds no list"),
        ("contracts/events/crop.sown.v1/event.json", "{", "is no JSON"),
        ("openapi.yaml", "a: b: c", "is no YAML"),
        ("openapi.yaml", "openapi: 3.1.0\n", "has no paths"),
    ],
)
def test_every_broken_file_is_found(root: Path, file: str, content: str, message: str) -> None:
    write(root / "services/agriculture" / file, content)
    ((service, said),) = broken_files(root)
    assert service == "agriculture"
    assert f"services/agriculture/{file}" in said
    assert message in said


def test_a_newcomer_takes_no_event_from_the_one_who_released_it(released: Path) -> None:
    add_event(released / "services/fisheries/contracts", "crop.sown.v1")
    assert claims(released) == {"crop.sown.v1": ["agriculture", "fisheries"]}
    assert owners(released)["crop.sown.v1"].is_relative_to(released / "services/agriculture")
    code, text = gate(released, "check")
    assert code == 1
    assert "claimed by agriculture and fisheries" in text
    assert "breaks  fisheries" in text


def test_of_two_newcomers_neither_has_an_event(root: Path) -> None:
    add_event(root / "services/fisheries/contracts", "crop.sown.v1")
    assert owners(root) == {}
    with pytest.raises(catalogue.UnknownEvent, match="agriculture and fisheries both claim it"):
        catalogue.producer("crop.sown.v1")


def test_clients_are_put_together_from_all_services(root: Path) -> None:
    for service, row in {
        "agriculture": {"description": "At the centres.", "scopes": ["crops:read"]},
        "fisheries": {"scopes": ["ponds:read"], "operations": ["GET /v1/ponds"]},
    }.items():
        write(root / "services" / service / "contracts/clients.json", {"kiosk software": row})
    assert catalogue.clients() == {
        "kiosk software": {
            "description": "At the centres.",
            "scopes": ["crops:read", "ponds:read"],
            "operations": ["GET /v1/ponds"],
        }
    }


def test_a_row_that_says_too_much_or_too_little_is_named(root: Path) -> None:
    write(root / "services/agriculture/contracts/events/crop.sown.v1/event.json", {"producer": "agriculture"})
    with pytest.raises(BrokenContract, match=r"crop\.sown\.v1/event\.json: says aggregate_type"):
        catalogue.entry("crop.sown.v1")


def test_a_service_on_which_nobody_relies_may_go(root: Path) -> None:
    assert gate(root, "removal", "agriculture") == (0, "Nobody relies on agriculture.\n")


def test_a_service_whose_events_others_read_may_not_go_released_or_not(root: Path) -> None:
    reads = {"event": "crop.sown.v1", "producer": "agriculture", "reads": {}}
    write(root / "services/fisheries/events.json", {"publishes": [], "consumes": [reads]})
    code, text = gate(root, "removal", "agriculture")
    assert code == 1
    assert "crop.sown.v1" in text
    assert "breaks  fisheries" in text
    assert gate(root, "removal", "fisheries")[0] == 0


def test_what_was_released_may_go_after_its_day_only(released: Path) -> None:
    contracts = released / "services/fisheries/contracts"
    write(contracts / "clients.json", {"kiosk software": {"operations": ["GET /v1/fisheries-crops"]}})
    code, text = gate(released, "removal", "fisheries")
    assert code == 1
    assert "fisheries GET /v1/fisheries-crops" in text
    assert "breaks  kiosk software" in text
    write(contracts / "sunsets.json", {"GET /v1/fisheries-crops": "2026-01-01"})
    assert gate(released, "removal", "fisheries")[0] == 0


def test_a_service_that_is_not_there_is_told_with_those_that_are(root: Path) -> None:
    assert gate(root, "removal", "poultry") == (2, "There is no service 'poultry'; there are agriculture, fisheries.\n")


def test_every_released_event_of_the_platform_has_its_examples_undamaged() -> None:
    root = repository()
    assert list(damaged_files(root)) == []
    assert released_contracts(root).catalogue
    for event in released_contracts(root).catalogue:
        assert catalogue.released_examples(event)


def test_a_newcomer_takes_no_scope_and_no_ids_from_the_one_who_released_them(released: Path) -> None:
    def want_crops(service: str) -> None:
        scope = "      security: [{oauth2: [crops:read]}]\n"
        document = OPENAPI.replace("crops", f"{service}-crops") + scope + "x-emitra-ids: {crp_: a crop}\n"
        write(released / "services" / service / "openapi.yaml", document)

    want_crops("fisheries")
    release(contracts_of_today(released), released)
    assert gate(released, "check")[0] == 0
    want_crops("agriculture")
    code, said = gate(released, "check")
    assert code == 1
    assert "✗ agriculture: services/agriculture/openapi.yaml: SCOPE crops  GET /v1/agriculture-crops" in said
    assert "✗ agriculture: services/agriculture/openapi.yaml: ID crp_  x-emitra-ids" in said
    assert said.count("was     fisheries's") == 2
