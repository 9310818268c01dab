"""After a failed test nothing is kept: what it broke may still be broken, and one failure has to stay one.

These are pytest's hooks; a conftest that imports them holds them for its folder.
"""

from collections.abc import Generator

import pytest

_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remembers that a phase of the test failed."""
    report = yield
    if report.failed:
        item.stash[_FAILED] = True
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    """Ends the fixtures of every scope, the stack's too; the next test makes its own."""
    try:
        yield
    except BaseException:
        item.stash[_FAILED] = True
        raise
    finally:
        if item.stash.get(_FAILED, False):
            item.session._setupstate.teardown_exact(None)
