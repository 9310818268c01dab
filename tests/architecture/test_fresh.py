"""What the black-box tests stand on: one failure stays one."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# A session's fixture that a test breaks and does not mend, as a fault test may break the stack.
SUITE = """
import pytest
from tests.support.fresh import pytest_runtest_makereport, pytest_runtest_teardown


class Stack:
    broken = False


@pytest.fixture(scope="session")
def stack():
    return Stack()


@pytest.fixture(scope="module")
def part(stack):
    return stack


@pytest.fixture
def mended_in_vain(stack):
    yield
    assert not stack.broken
"""
TESTS = """
def test_a_breaks_it_and_fails(stack):
    stack.broken = True
    assert False


def test_b_has_a_whole_one(stack, part):
    assert not part.broken and part is stack


def test_c_breaks_it_and_its_fixture_cannot_mend_it(stack, mended_in_vain):
    stack.broken = True


def test_d_has_a_whole_one(stack, part):
    assert not part.broken and part is stack


def test_e_has_the_same(stack, part):
    assert part is stack
"""


def test_a_failed_test_costs_the_next_one_nothing(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(SUITE)
    (tmp_path / "test_it.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-p", "no:randomly", "-p", "no:cacheprovider", "-q", str(tmp_path)]
    ran = subprocess.run(
        [*command, "--rootdir", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert "1 failed, 4 passed, 1 error" in ran.stdout, ran.stdout
