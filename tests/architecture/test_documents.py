"""Every page, file, decision, make target and command that a document or a comment names is there."""

import re
from pathlib import Path

import pytest

from emitra_local.releases import releases
from tests.architecture.conftest import printed
from tests.architecture.documents import cited_pages, files, missing, missing_headings, missing_pages, wrong_targets
from tests.conftest import ROOT
from tests.support.shown_commands import blocks, hidden_commands, pages

# These name what is not there, to be seen.
ABOUT_DOCUMENTS = {Path(__file__).with_name(name) for name in ("test_documents.py", "documents.py", "test_remedies.py")}
# What is read by tools that would only say so when somebody uses them.
TOOLS = [ROOT / ".ci" / "run", *ROOT.glob(".github/*"), *ROOT.glob(".devcontainer/*"), ROOT / ".pre-commit-config.yaml"]


@pytest.mark.parametrize("document", files(".md"), ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_document_names_is_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    absent = missing_pages(text) if document.name == "CHANGELOG.md" else missing(document, text)
    assert list(absent) == []


@pytest.mark.parametrize("page", pages(ROOT), ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_page_shows_as_a_command_is_run_by_a_test_or_says_why_not(page: Path) -> None:
    for block in blocks(page):
        assert block.info in {"", "sh", "python"} or block.reason, f"not a language that a test knows: {block.info}"
        assert block.info or not hidden_commands(ROOT, block), "a command in a block without `sh`"


def test_what_the_code_cites_is_there() -> None:
    absent = {
        f"{path.relative_to(ROOT)}: {what}"
        for path in files(".py", ".toml", ".yaml", ".yml", ".env")
        if path not in ABOUT_DOCUMENTS
        for text in [path.read_text(encoding="utf-8")]
        for what in [
            *missing_pages(text),
            *missing_headings(path, text),
            *wrong_targets(" ".join(re.findall(r"`make [^`]+`", text))),
            *(cited_pages(path, text) if path.suffix == ".py" else []),
        ]
    }
    assert absent == set()


@pytest.mark.parametrize("tool", TOOLS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_tool_is_told_to_make_is_a_target(tool: Path) -> None:
    assert list(wrong_targets(tool.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("see [there](nowhere.md)", "nowhere.md"),
        ("see `docs/nothing.md`", "docs/nothing.md"),
        ("see docs/nothing.md", "docs/nothing.md"),
        ("run `make nothing`", "make nothing"),
        ("run `make SERVICE=billing nothing`", "make nothing"),
        ("in `services/billing/src/billing/nothing.py`", "services/billing/src/billing/nothing.py"),
        ("in `domain/nothing.py`", "domain/nothing.py"),
        ("in `domain/nothing`", "domain/nothing"),
        ("in `nothing.py`", "nothing.py"),
        ("```\n├── nothing.py   a tree\n```\n", "nothing.py"),
        ("```\nmake nothing\n```\n", "make nothing"),
        ("as ADR 9999 says", "ADR 9999"),
        ("seen by `test_nothing`", "test_nothing"),
        ('see docs/release.md, "Nothing"', 'docs/release.md, "Nothing"'),
        ("`servicekit.nothing.of` does it", "servicekit.nothing.of"),
        ("`servicekit.http.nothing()` does it", "servicekit.http.nothing"),
        ("`billing nothing`", "`billing nothing`: there is no nothing"),
        ("`<service> outbox nothing`", "`<service> outbox nothing`: there is no nothing"),
        (
            "```\nkubectl exec a -- billing outbox\n```\n```\nbilling api --nothing\n```",
            "`billing api --nothing`: there is no --nothing",
        ),
        ('`make dead-letters SERVICE=billing CMD="nothing"`', "`billing dead-letters nothing`: there is no nothing"),
    ],
)
def test_what_is_not_there_is_noticed(text: str, what: str) -> None:
    assert what in set(missing(ROOT / "services" / "billing" / "README.md", text))


@pytest.mark.parametrize("text", ['docs/release.md, "Stored\ndata"', '# docs/release.md,\n    # "Stored data"'])
def test_a_heading_may_be_cited_across_the_end_of_a_line(text: str) -> None:
    assert list(missing_headings(ROOT / "README.md", text)) == []
    assert len(list(missing_headings(ROOT / "README.md", text.replace("data", "date")))) == 1


def test_what_stands_for_a_name_is_no_path() -> None:
    text = "`services/<name>/README.md`, `services/*/openapi.yaml`, `make help`, [a page](https://example.org/x)"
    assert list(missing(ROOT / "README.md", text)) == []


def test_a_page_that_a_module_cites_is_at_the_root_or_in_its_package() -> None:
    module = ROOT / "services" / "identity" / "src" / "identity" / "domain" / "clients" / "client_secrets.py"
    assert list(cited_pages(module, "README.md, CONTRIBUTING.md, docs/review.md; nothing.md")) == ["nothing.md"]


def test_every_decision_is_in_the_index() -> None:
    index = (ROOT / "shared" / "adr" / "README.md").read_text()
    decisions = sorted(path.name for path in (ROOT / "shared" / "adr").glob("[0-9]*.md"))
    assert [name for name in decisions if f"({name})" not in index] == []
    numbers = [int(name[:4]) for name in decisions]
    gaps = set(range(1, max(numbers) + 1)) - set(numbers)
    assert [number for number in gaps if f"{number:04}" not in index] == []


def test_the_map_names_the_processes_of_each_service_that_was_released(service: str) -> None:
    rows = re.findall(
        rf"^\| `services/{service}` \|.*\| ([\w, ]+) \|$", (ROOT / "docs" / "architecture.md").read_text(), re.MULTILINE
    )
    was_released = f"services/{service}" in {release.package for release in releases(ROOT)}
    assert len(rows) == 1 or not (rows or was_released), f"{service}: docs/architecture.md has {len(rows)} rows of it"
    assert [row.split(", ") for row in rows] == [printed(service, "processes").split()] * len(rows)


def test_every_crash_point_of_the_code_is_in_the_map_and_killed_by_a_test() -> None:
    modules = [*ROOT.glob("services/*/src/**/*.py"), *ROOT.glob("shared/*/src/**/*.py")]
    points = {point for module in modules for point in re.findall(r'\bcrash_point\("([\w-]+)"', module.read_text())}
    table = (ROOT / "docs" / "messaging.md").read_text().partition("## Crash points")[2]
    modules = [*ROOT.glob("tests/fault/*.py"), *ROOT.glob("services/*/tests/service/*.py")]
    faults = "".join(module.read_text() for module in modules)
    assert len(points) > 10
    assert {point for point in points if f"| {point} |" not in table and f"`{point}`" not in table} == set()
    assert {point for point in points if f'"{point}"' not in faults} == set()


@pytest.mark.parametrize(
    "changelog",
    sorted([*ROOT.glob("services/*/CHANGELOG.md"), *ROOT.glob("shared/*/CHANGELOG.md")]),
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_what_was_released_is_a_part_of_its_changelog_and_nothing_else_is(changelog: Path) -> None:
    package = str(changelog.parent.relative_to(ROOT))
    released = {release.version for release in releases(ROOT) if release.package == package}
    parts = re.findall(r"^## (.+)$", changelog.read_text(encoding="utf-8"), re.MULTILINE)
    assert parts[0] == "Unreleased"
    numbers = [re.fullmatch(r"(\d+\.\d+\.\d+) \(\d{4}-\d\d-\d\d\)", part) for part in parts[1:]]
    assert {number[1] if number else "none" for number in numbers} == released
