"""One real stack for all black-box tests of a run; each test brings its own bills, keys and applications."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emitra_local.stack import Stack, disposable_stack
from tests.support.platform import Platform

ROOT = Path(__file__).resolve().parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--service", default="", help="only cases that speak of this service, as `make test SERVICE=` runs"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    service = config.getoption("--service")
    if service:
        others = [item for item in items if not _speaks_of(service, item)]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]


def _speaks_of(service: str, item: pytest.Item) -> bool:
    """Whether a parameter of the case is the service, a row about it, or a path in one of its folders."""
    folders = [ROOT / "services" / service, ROOT / "deploy" / "k8s" / "services" / service]

    def names_it(value: Any) -> bool:
        if isinstance(value, Path):
            return any(folder in value.parents for folder in folders)
        return bool(service in value if isinstance(value, tuple) else service == value)

    return (
        isinstance(item, pytest.Function)
        and hasattr(item, "callspec")
        and any(names_it(value) for value in item.callspec.params.values())
    )


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with disposable_stack(ROOT) as started:
        yield started


@pytest.fixture(scope="session")
def platform(stack: Stack) -> Platform:
    return Platform(stack.run_info)
