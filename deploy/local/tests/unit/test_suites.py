"""Which suites are run, and what is said of those that cannot be."""

from pathlib import Path

import pytest
from tests.support.repositories import add_package

from emitra_local import suites
from emitra_local.environments import Environments
from emitra_local.problems import CannotStart


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two services with tests, one without, and one that is none."""
    for name in ("billing", "parking", "portal"):
        place = add_package(tmp_path, f"services/{name}", f"emitra-{name}", test_needs=["pytest"])
        if name != "portal":
            (place / "tests").mkdir()
    add_package(tmp_path, "shared/servicekit", "emitra-servicekit")
    (add_package(tmp_path, "services/broken", "emitra-broken") / "pyproject.toml").write_text("[project")
    return tmp_path


def test_what_cannot_be_run_is_told_and_the_others_are_run(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def ensure(_: Environments, name: str) -> None:
        if name == "parking-test":
            raise CannotStart("no such version")

    monkeypatch.setattr(Environments, "ensure", ensure)
    environments = Environments(root)

    chosen = suites._package_suites(environments)
    faults = suites._faults(environments, chosen)

    assert [suite.name for suite in chosen] == ["parking", "billing"]
    assert faults["parking"] == "no such version"
    assert faults["broken"].startswith("services/broken/pyproject.toml cannot be read")
    assert faults.keys() == {"parking", "broken"}


def test_the_longest_suites_run_first_and_those_that_nobody_knows_before_them(root: Path) -> None:
    results = root / ".local" / "test-results"
    results.mkdir(parents=True)
    for name, seconds in (("parking", 3), ("end-to-end", 200), ("billing", 70)):
        (results / f"{name}.xml").write_text(f'<testsuites><testsuite time="{seconds}"/></testsuites>')
    names = ("parking", "portal", "billing", "servicekit", "end to end")
    known = [suites.Suite(name, name, root, ()) for name in names]

    ordered = suites.SuiteRunner(Environments(root)).longest_first(known)

    assert [suite.name for suite in ordered] == ["portal", "servicekit", "end to end", "billing", "parking"]


@pytest.mark.parametrize(
    ("name", "expression", "says"),
    [
        ("Billing2", "", "SERVICE=Billing2: a name is lower-case words"),
        ("services/billing", "", "a name is lower-case words"),
        ("x" * 60, "", "at most 32 characters"),
        ("nothing", "", "there is no package of this name; there are billing"),
        ("broken", "", "broken is broken. services/broken/pyproject.toml"),
        ("servicekit", "", "shared/servicekit has no tests of its own"),
        ("portal", "fee", "services/portal has no tests of its own"),
        ("", "fee", "T chooses among the tests of one package"),
    ],
)
def test_what_cannot_be_tested_is_refused_with_the_reason(root: Path, name: str, expression: str, says: str) -> None:
    with pytest.raises(CannotStart) as refused:
        suites.run_tests(root, name, expression)
    assert says in str(refused.value)
