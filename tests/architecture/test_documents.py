"""Every page, path, decision and make target that a document or a comment names is there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

# `deploy/billing-api` is how kubectl names a deployment.
TOPS = ("services", "shared", "deploy/k8s", "deploy/local", "deploy/simulators", "docs", "tests")
# Made by programs, or not ours.
LEFT_OUT = {".local", ".git", ".hypothesis", ".pytest_cache", "node_modules"}
CODE = re.compile(r"(`+)(.+?)\1")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
PATH = re.compile(rf"(?<![\w./<-])((?:{'|'.join(TOPS)})/[\w./-]*\w/?)(?![\w<*{{…])")
# A module or a data file, named from the root, from the document, or from its package's source.
FILE = re.compile(r"(?<![\w./<*>-])((?:[\w-]+/)+[\w.-]+\.(?:py|md|toml|json|yaml|css|lock))(?![\w<*{…])")
TARGET = re.compile(r"\bmake (?:[A-Z]+=\S+ )*([a-z][a-z-]+)")
DECISION = re.compile(r"\bADR (\d{4})\b")
TARGETS = set(re.findall(r"^([a-z][a-z-]*):(?!=)", (ROOT / "Makefile").read_text(), re.MULTILINE))


def files(*suffixes: str) -> list[Path]:
    return sorted(
        path
        for path in ROOT.rglob("*")
        if path.suffix in suffixes and path.is_file() and not LEFT_OUT & set(path.relative_to(ROOT).parts)
    )


def missing(document: Path, text: str) -> Iterator[str]:
    """What a page of Markdown names and is not there; changelogs may name what was."""
    for target in LINK.findall(text):
        if "://" not in target and not target.startswith("mailto:") and not (document.parent / target).exists():
            yield target
    spans = [span for _, span in CODE.findall(text)]
    fenced = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    bases = [ROOT, document.parent, *document.parent.glob("src"), *document.parent.glob("src/*")]
    for span in [*spans, *fenced]:
        for path in {*PATH.findall(span), *FILE.findall(span)}:
            if not any((base / path).exists() for base in bases):
                yield path
        yield from (f"make {target}" for target in TARGET.findall(span) if target not in TARGETS)
    yield from missing_pages(text)


def missing_pages(text: str) -> Iterator[str]:
    """The pages of docs/ and the decisions that a text names and that are not there."""
    yield from (page for page in re.findall(r"\bdocs/[\w-]+\.\w+", text) if not (ROOT / page).exists())
    for number in DECISION.findall(text):
        if not list((ROOT / "shared" / "adr").glob(f"{number}-*.md")):
            yield f"ADR {number}"


@pytest.mark.parametrize("document", files(".md"), ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_document_names_is_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    found = missing_pages(text) if document.name == "CHANGELOG.md" else missing(document, text)
    assert list(found) == []


def test_what_the_code_cites_is_there() -> None:
    cited = {
        f"{path.relative_to(ROOT)}: {what}"
        for path in files(".py", ".toml", ".yaml", ".yml", ".env")
        if path != Path(__file__)
        for what in missing_pages(path.read_text(encoding="utf-8"))
    }
    assert cited == set()


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("see [there](nowhere.md)", "nowhere.md"),
        ("see `docs/nothing.md`", "docs/nothing.md"),
        ("run `make nothing`", "make nothing"),
        ("run `make SERVICE=billing nothing`", "make nothing"),
        ("in `services/billing/src/billing/nothing.py`", "services/billing/src/billing/nothing.py"),
        ("```\nmake nothing\n```\n", "make nothing"),
        ("as ADR 9999 says", "ADR 9999"),
    ],
)
def test_what_is_not_there_is_noticed(text: str, what: str) -> None:
    assert what in set(missing(ROOT / "README.md", text))


def test_what_stands_for_a_name_is_no_path() -> None:
    text = "`services/<name>/README.md`, `services/*/openapi.yaml`, `make help`, [a page](https://example.org/x)"
    assert list(missing(ROOT / "README.md", text)) == []


def test_every_decision_is_in_the_index() -> None:
    index = (ROOT / "shared" / "adr" / "README.md").read_text()
    decisions = sorted(path.name for path in (ROOT / "shared" / "adr").glob("[0-9]*.md"))
    assert [name for name in decisions if f"({name})" not in index] == []
    numbers = [int(name[:4]) for name in decisions]
    gaps = set(range(1, max(numbers) + 1)) - set(numbers)
    assert [number for number in gaps if f"{number:04}" not in index] == []
