"""What an engine is told so that it builds a service's image. No engine is started."""

import stat
from pathlib import Path

import pytest
from tests.support.repositories import add_package, release, stand_on

from emitra_local.images import build_image
from emitra_local.problems import CannotStart
from emitra_local.workspace import Workspace


@pytest.fixture
def root(tmp_path: Path) -> Path:
    add_package(tmp_path, "shared/servicekit", "emitra-servicekit")
    for name in ("billing", "parking"):
        add_package(tmp_path, f"services/{name}", f"emitra-{name}", ["emitra-servicekit"])
    return tmp_path


@pytest.fixture
def told(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the engine was told, a word a line; an engine that fails with 3 is first on PATH."""
    folder = tmp_path_factory.mktemp("bin")
    engine = folder / "docker"
    engine.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {folder}/told\nexit 3\n')
    engine.chmod(engine.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    return folder / "told"


def test_each_service_is_built_on_the_chassis_that_it_stands_on(root: Path, told: Path) -> None:
    commit = release(root, "shared/servicekit")
    stand_on(root / "services" / "parking", '{ servicekit = "1" }')
    chassis = {"billing": "shared/servicekit", "parking": f".local/releases/{commit[:12]}/shared/servicekit"}
    for name, place in chassis.items():
        assert build_image(Workspace(root), name) == 3, "what the engine ended with"
        words = told.read_text().split("\n")
        assert {f"SERVICE={name}", f"SERVICEKIT={place}", f"emitra/{name}"} <= set(words)


@pytest.mark.parametrize(
    ("service", "says"),
    [
        ("servicekit", "only services have images"),
        ("parkin", "there is no package of this name; there are billing, parking, servicekit"),
        ("", "a name is"),
        ("billing", r"no docker and no podman here.*: docker build .*--build-arg SERVICE=billing"),
    ],
)
def test_what_cannot_be_built_is_refused_with_the_reason(
    root: Path, monkeypatch: pytest.MonkeyPatch, service: str, says: str
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(CannotStart, match=says):
        build_image(Workspace(root), service)
