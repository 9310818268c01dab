"""What is told first of a failure here."""

from tests.support.remedies import pytest_runtest_makereport

__all__ = ["pytest_runtest_makereport"]
