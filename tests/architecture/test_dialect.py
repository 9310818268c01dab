"""Every service and library speaks one dialect; the first stranger fails here, named with its file."""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from tests.architecture.dialect import strange_names, strangers
from tests.conftest import ROOT

SOURCES = sorted(source for folder in ("services", "shared") for source in (ROOT / folder).glob("*/src/*"))


def modules(source: Path) -> Iterator[tuple[Path, PurePosixPath, str]]:
    """Of each module its file, its path as the dialect knows it, and its text."""
    for module in sorted(source.rglob("*.py")):
        yield module, PurePosixPath(module.relative_to(source.parent).as_posix()), module.read_text()


def placed(file: Path, what: str) -> str:
    """A sentence with the file, and the line where there is one: `services/…/money.py:37: found: …`."""
    return f"{file.relative_to(ROOT)}:{what.removeprefix('line ') if what.startswith('line ') else f' {what}'}"


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_a_package_speaks_the_dialect(source: Path) -> None:
    assert [placed(file, what) for file, path, text in modules(source) for what in strangers(path, text)] == []


@pytest.mark.parametrize("folder", ["deploy", "tests"])
def test_tools_and_tests_name_things_after_what_they_are(folder: str) -> None:
    modules_of_folder = sorted((ROOT / folder).rglob("*.py"))
    assert len(modules_of_folder) > 20
    assert [placed(file, what) for file in modules_of_folder for what in strange_names(file.read_text())] == []


def test_the_examples_that_contributors_are_shown_speak_it() -> None:
    shown = re.findall(
        r"^```python\n# (\S+)\n(.*?)^```", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE | re.DOTALL
    )
    assert len(shown) == 7
    assert [f"{path}: {what}" for path, text in shown for what in strangers(PurePosixPath("billing", path), text)] == []


HANDLER = """
from dataclasses import dataclass

@dataclass(frozen=True)
class PayBill:
    claim: Claim

@dataclass(frozen=True)
class PayBillHandler:
    bills: Bills

    def __call__(self, command: PayBill) -> Once[Payment]:
        ...
"""


def of(path: str, text: str) -> list[str]:
    return list(strangers(PurePosixPath(path), text))


def test_a_use_case_in_the_dialect_is_no_stranger() -> None:
    assert of("billing/application/payments/pay_bill.py", HANDLER) == []


@pytest.mark.parametrize(
    ("is_now", "instead", "says"),
    [
        ("class PayBillHandler:", "class Payer:", "is PayBillHandler"),
        ("@dataclass(frozen=True)\nclass PayBillHandler", "@dataclass\nclass PayBillHandler", "is a frozen dataclass"),
        ("@dataclass(frozen=True)\nclass PayBill:", "@dataclass\nclass PayBill:", "is a frozen dataclass"),
        ("class PayBill:", "class Pay:", "its command is the class PayBill"),
        ("command: PayBill)", "command: PayBill, claim: Claim)", "a claim is a member of it"),
        ("Once[Payment]", "tuple[Payment, bool]", "Once(value, replayed)"),
        ("__call__(self", "handle(self", "is called"),
        ("bills: Bills", "bills: Bills\n    now: datetime\n\n    def now(self) -> None: ...", "an instant is `at`"),
    ],
)
def test_a_strange_use_case_is_noticed(is_now: str, instead: str, says: str) -> None:
    assert is_now in HANDLER
    sentences = of("billing/application/payments/pay_bill.py", HANDLER.replace(is_now, instead))
    assert any(says in line for line in sentences), sentences


@pytest.mark.parametrize(
    ("path", "text", "says"),
    [
        ("billing/entrypoints/http/bills/schemas.py", "class Bill(Schema): ...", "named …Schema"),
        ("billing/entrypoints/consumers.py", "class KioskApproved(ma.Schema): ...", "named …Reading"),
        ("billing/adapters/mongo/bills.py", "_INDEXES = {'bills': [IndexModel('a')]}", "is INDEXES"),
        ("billing/entrypoints/events.py", "CONSUMERS = [Consumer('a.b.v1', 'a', S(), f)]", "entrypoints/consumers.py"),
        ("billing/domain/money.py", "try: ...\nexcept ValueError as err: ...", "`error`"),
        ("billing/domain/money.py", "def f(now): ...", "an instant is `at`"),
        ("billing/domain/money.py", "for each in range(3): ...", "one of"),
        ("billing/domain/money.py", "found = 1", "what was found"),
        ("billing/domain/money.py", '"""Says ``this``."""', "double backticks"),
        ("billing/application/payments/payments.py", "class PaymentReader: ...", "read_…"),
    ],
)
def test_a_stranger_is_noticed(path: str, text: str, says: str) -> None:
    sentences = of(path, text)
    assert any(says in line for line in sentences), sentences
