"""Packages and what they need, read from the folders."""

from pathlib import Path

import pytest
from tests.support.repositories import add_package, release, stand_on, write_module

from emitra_local.problems import CannotStart
from emitra_local.workspace import LONGEST_NAME, NAME_RULE, Workspace, require_name


def test_a_new_service_appears_by_adding_its_folder(tmp_path: Path) -> None:
    add_package(tmp_path, "services/billing", "emitra-billing")
    add_package(tmp_path, "services/kiosk-registry", "emitra-kiosk-registry")
    add_package(tmp_path, "shared/servicekit", "emitra-servicekit")

    services = Workspace(tmp_path).services

    assert [service.folder.name for service in services] == ["billing", "kiosk-registry"]
    assert services[1].import_names() == ["kiosk_registry"]


def test_the_closure_follows_our_packages_and_collects_what_comes_from_outside(tmp_path: Path) -> None:
    add_package(tmp_path, "shared/servicekit", "emitra-servicekit", ["flask>=3"])
    add_package(tmp_path, "shared/contracts", "emitra-contracts", ["jsonschema"])
    add_package(
        tmp_path, "services/billing", "emitra-billing", ["Emitra_ServiceKit>=1", "pymongo"], ["emitra-contracts"]
    )
    workspace = Workspace(tmp_path)
    billing = workspace.package_in("services/billing")

    assert workspace.closure(billing)[1] == {"emitra-billing": ["pymongo"], "emitra-servicekit": ["flask>=3"]}
    assert [package.name for package in workspace.closure(billing, "test")[0]] == [
        "emitra-billing",
        "emitra-servicekit",
        "emitra-contracts",
    ]


def test_a_service_stands_on_the_release_that_it_names_whatever_becomes_of_the_library(tmp_path: Path) -> None:
    add_package(tmp_path, "shared/servicekit", "emitra-servicekit", ["flask>=3"])
    billing = add_package(tmp_path, "services/billing", "emitra-billing", ["emitra-servicekit", "pymongo"])
    add_package(tmp_path, "services/portal", "emitra-portal", ["emitra-servicekit"])
    commit = release(tmp_path, "shared/servicekit")
    stand_on(billing, '{ servicekit = "1" }')
    pyproject = tmp_path / "shared" / "servicekit" / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace("flask>=3", "flask>=4"))
    write_module(tmp_path, "servicekit.errors", "raise ImportError")
    workspace = Workspace(tmp_path)
    needed = {name: workspace.closure(workspace.package_named(name)) for name in ("billing", "portal")}

    assert needed["billing"][1]["emitra-servicekit"] == ["flask>=3"]
    assert needed["portal"][1]["emitra-servicekit"] == ["flask>=4"]
    [_, chassis] = needed["billing"][0]
    assert chassis.folder == tmp_path / ".local" / "releases" / commit[:12] / "shared" / "servicekit"
    assert workspace.is_release(chassis)
    assert not (chassis.source / "servicekit" / "errors.py").exists()
    assert not any(workspace.is_release(package) for package in workspace.packages)


@pytest.mark.parametrize(
    ("pins", "says"),
    [
        ('{ servicekit = "2" }', "releases.toml has no release 2 of shared/servicekit; there are 1."),
        ('{ service-kit = "1" }', "releases.toml has no release 1 of shared/service-kit; there is none yet"),
        ('{ servicekit = "2" }', "Or take servicekit out, to stand on shared/servicekit as it is."),
        ('{ contracts = "1" }', "names contracts, which the service does not need."),
        ('"1"', """is a table such as { servicekit = "0.2.0" }, not '1'."""),
        ("{ servicekit = 1 }", 'is a table such as { servicekit = "0.2.0" }, not '),
    ],
)
def test_a_service_that_names_what_is_no_release_is_broken_and_says_what_to_do(
    tmp_path: Path, pins: str, says: str
) -> None:
    for library in ("contracts", "servicekit"):
        add_package(tmp_path, f"shared/{library}", f"emitra-{library}")
    release(tmp_path, "shared/contracts", "shared/servicekit")
    stand_on(add_package(tmp_path, "services/billing", "emitra-billing", ["emitra-servicekit"]), pins)

    fault = Workspace(tmp_path).broken["billing"]

    assert fault.startswith("services/billing/pyproject.toml: [tool.emitra] released")
    assert says in fault


def test_packages_that_need_each_other_are_taken_once(tmp_path: Path) -> None:
    add_package(tmp_path, "shared/one", "emitra-one", ["emitra-two"])
    add_package(tmp_path, "shared/two", "emitra-two", ["emitra-one", "flask"])
    workspace = Workspace(tmp_path)

    assert len(workspace.closure(workspace.package_in("shared/one"))[0]) == 2


def test_a_package_of_ours_that_is_missing_is_never_looked_up_in_a_registry(tmp_path: Path) -> None:
    add_package(tmp_path, "services/billing", "emitra-billing", ["emitra-servicekit"])
    workspace = Workspace(tmp_path)

    with pytest.raises(CannotStart, match="emitra-billing needs emitra-servicekit"):
        workspace.closure(workspace.package_in("services/billing"))


@pytest.mark.parametrize("name", ["billing", "kiosk-registry", "a1", "x" * LONGEST_NAME])
def test_what_is_a_name(name: str) -> None:
    require_name(name, "SERVICE")


@pytest.mark.parametrize(
    "name",
    [
        *("Billing2", "services/billing", "../billing", "kiosk_registry", "kiosk--registry", "-billing", "billing-"),
        *("2billing", "billing\n", "bílling", "billing gateway", "$(ls)", "x" * 60, "x" * (LONGEST_NAME + 1), "."),
    ],
)
def test_what_is_no_name_is_refused_with_the_rule(name: str) -> None:
    with pytest.raises(CannotStart) as refused:
        require_name(name, "SERVICE")
    assert str(refused.value) == f"SERVICE={name}: {NAME_RULE}."


GOOD = """
[build-system]
requires = ["hatchling"]
[project]
name = "emitra-{name}"
[project.scripts]
{name} = "{module}.service:main"
"""


@pytest.mark.parametrize(
    ("name", "pyproject", "says"),
    [
        ("Parking2", GOOD, "services/Parking2: a name is lower-case words"),
        ("p" * 60, GOOD, "at most 32 characters"),
        ("json", GOOD, "no module of Python's own"),
        ("class", GOOD, "no module of Python's own"),
        ("lint", GOOD, "is taken"),
        ("servicekit", GOOD, "is taken"),
        ("amq", GOOD, "is taken"),
        ("parking-test", GOOD, "is taken"),
        ("mongod-2", GOOD, "is taken"),
        ("parking", "", "[project] has name"),
        ("parking", "[project", "services/parking/pyproject.toml cannot be read as TOML"),
        ("parking", None, "services/parking/pyproject.toml is missing"),
        ("parking", "project = 3", "[project] has name, dependencies and scripts.parking"),
        ("parking", GOOD.replace("emitra-", "our-"), 'is `name = "emitra-parking"`, not our-parking'),
        ("parking", GOOD.partition("[project.scripts]")[0], "fails at 'scripts'"),
        ("parking", GOOD.replace(":main", ""), "its program in [project.scripts]"),
        ("parking", GOOD.replace("[build-system]", "[other]"), "has a [build-system]"),
        ("parking", GOOD.replace("[project]", '[project]\ndependencies = ["!"]'), "cannot read the requirement"),
        ("parking", GOOD.replace("[project]", '[project]\ndependencies = ["emitra-none"]'), "needs emitra-none"),
        ("parking", GOOD.replace("[project]", '[project]\ndependencies = ["emitra-billing"]'), "needs emitra-billing"),
        ("parking", GOOD, ""),
    ],
)
def test_a_folder_that_is_no_service_is_told_of_and_the_others_are_as_without_it(
    tmp_path: Path, name: str, pyproject: str | None, says: str
) -> None:
    add_package(tmp_path, "services/billing", "emitra-billing")
    add_package(tmp_path, "shared/servicekit", "emitra-servicekit")
    file = add_package(tmp_path, f"services/{name}", f"emitra-{name}") / "pyproject.toml"
    file.unlink()
    if pyproject is not None:
        file.write_text(pyproject.replace("{name}", name).replace("{module}", name.replace("-", "_")))

    workspace = Workspace(tmp_path)

    if says:
        assert workspace.broken.keys() == {name}
        assert says in workspace.broken[name]
    assert [package.folder.name for package in workspace.services] == sorted(["billing", *([] if says else [name])])
    assert workspace.package_named("servicekit").folder == tmp_path / "shared" / "servicekit"


def test_a_service_without_its_package_is_broken_and_asking_for_it_says_why(tmp_path: Path) -> None:
    place = add_package(tmp_path, "services/parking", "emitra-parking")
    (place / "src" / "parking").rename(place / "src" / "car_park")

    with pytest.raises(CannotStart, match=r"parking is broken\. services/parking/src/parking/__init__\.py is missing"):
        Workspace(tmp_path).package_named("parking")


def test_what_another_branch_left_behind_is_no_service(tmp_path: Path) -> None:
    (tmp_path / "services" / "portal" / "src" / "portal" / "__pycache__").mkdir(parents=True)
    assert Workspace(tmp_path).service_names == []


def test_a_library_that_cannot_be_read_is_told_with_its_file(tmp_path: Path) -> None:
    add_package(tmp_path, "services/billing", "emitra-billing", ["emitra-servicekit"])
    (add_package(tmp_path, "shared/servicekit", "emitra-servicekit") / "pyproject.toml").write_text("[project")

    with pytest.raises(CannotStart, match=r"shared/servicekit/pyproject\.toml cannot be read as TOML"):
        Workspace(tmp_path).package_named("servicekit").name  # noqa: B018 - reads the file
