"""What a document or a comment names and is not there: pages, files, folders, decisions, make targets, commands, tests.

What stands for a name (`services/<name>/…`, `*.lock`) is no name. Changelogs may name what was.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from emitra_local.workspace import Workspace
from tests.architecture.conftest import run_in
from tests.conftest import ROOT

# Made by programs, or not ours.
LEFT_OUT = {".local", ".git", ".hypothesis", ".pytest_cache", ".mypy_cache", ".ruff_cache", "__pycache__"}
WORKSPACE = Workspace(ROOT)
SERVICES = [package.folder.name for package in WORKSPACE.services]
TARGETS = set(re.findall(r"^([a-z][a-z-]*):(?!=)", (ROOT / "Makefile").read_text(), re.MULTILINE))

# `billing.…` is as a rule an object of that name.
_SOURCES = {
    name: package.source
    for package in WORKSPACE.packages
    if package.folder.parent.name != "services"
    for name in package.import_names()
}
# `deploy/billing-api` is how kubectl names a deployment.
_TOPS = ("services", "shared", "deploy/k8s", "deploy/local", "deploy/simulators", "docs", "tests")
_KINDS = "py|md|toml|json|yaml|csv|css|svg|lock"
_CODE = re.compile(r"(`+)(.+?)\1")
_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
_PATH = re.compile(rf"(?<![\w./<-])((?:{'|'.join(_TOPS)})/[\w./-]*\w/?)(?![\w<*{{…])")
# A module or a data file, named from the root, from the document, or from its package's source; or by its name alone.
_FILE = re.compile(rf"(?<![\w./<*>-])((?:[\w-]+/)+[\w.-]+\.(?:{_KINDS}))(?![\w<*{{…])")
_NAME = re.compile(rf"(?<![\w./<*>=-])([\w-]+\.(?:{_KINDS}))(?![\w./<*{{…=])")
_DOTTED = re.compile(rf"((?:{'|'.join(sorted(_SOURCES))})(?:\.\w+)+)(?![\w/-])")
_TEST = re.compile(r"(?:test|i\d)_\w+")
_HEADING = re.compile(r"([\w/-]+\.md)`?, \"([^\"]+)\"")
_FOLDER = re.compile(r"(?:[\w-]+/)+(?:[\w-]+/?)?")
_TARGET = re.compile(r"\bmake (?:[A-Z]+=\S+ )*([a-z][a-z-]+)")
_DEAD_LETTERS = re.compile(r'\bmake dead-letters SERVICE=(\S+) CMD="([^"]+)"')
_DECISION = re.compile(r"\bADR (\d{4})\b")
_COMMAND = re.compile(rf"(?:^|(?<=-- )|(?<=; ))({'|'.join(SERVICES)}|<service>|<name>) +([a-z-].*)$", re.MULTILINE)
_END_OF_COMMAND = {"#", ">", ";", "&&"}

_COMMANDS_OF = """
import json, typer
from {module} import {function} as program
def tree(command):
    options = [name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)]
    return {{"options": options, "commands": {{n: tree(c) for n, c in getattr(command, "commands", {{}}).items()}}}}
print(json.dumps(tree(typer.main.get_command(program))))
"""


def files(*suffixes: str) -> list[Path]:
    """The repository's files that end so, generated environments left out."""
    return [path for path in _all_files() if path.suffix in suffixes]


def missing(document: Path, text: str) -> Iterator[str]:
    """What a page of Markdown names and is not there, as the page says it."""
    for target in _LINK.findall(text):
        if "://" not in target and not target.startswith("mailto:") and not (document.parent / target).exists():
            yield target
    # Python is an example, often of what does not exist yet.
    fences = [block for language, block in _FENCE.findall(text) if language != "python"]
    spans = [span for _, span in _CODE.findall(_FENCE.sub("", text))]
    bases = [ROOT, document.parent, *document.parent.glob("src"), *document.parent.glob("src/*")]
    # A service's page speaks of its own files; the others of anybody's.
    home = document.parent if document.parent.parent == ROOT / "services" else ROOT
    nearby = {path.name for path in _all_files() if home in path.parents or path.parent == ROOT}
    for code in [*spans, *fences]:
        for path in {*_PATH.findall(code), *_FILE.findall(code)}:
            if not any((base / path).exists() for base in bases):
                yield path
        yield from (name for name in _NAME.findall(code) if name not in nearby)
        yield from wrong_targets(code)
        yield from wrong_commands(code)
    for span in spans:
        # A folder is checked where its first part is one: `domain/payments` of a service, and not GET/HEAD.
        if _FOLDER.fullmatch(span):
            here = [base for base in bases if (base / span.split("/")[0]).is_dir()]
            if here and not any((base / span).exists() for base in here):
                yield span
        if (name := _DOTTED.match(span)) and not _is_defined(name[1]):
            yield name[1]
        if _TEST.fullmatch(span) and span not in _functions_of_tests():
            yield span
    yield from missing_pages(text)
    yield from missing_headings(document, text)


def missing_headings(citing: Path, text: str) -> Iterator[str]:
    """The headings that a text cites (page, "Heading") and that the page does not have; how one begins is enough."""
    # A heading may be cited across the end of a line, of a comment's too.
    for page, heading in _HEADING.findall(re.sub(r"\s*\n\s*(?:#\s*)?", " ", text)):
        path = next((base / page for base in citing.parents if (base / page).is_file()), None)
        if path and not re.search(rf"^#+ {re.escape(heading)}", path.read_text(encoding="utf-8"), re.MULTILINE):
            yield f'{page}, "{heading}"'


def missing_pages(text: str) -> Iterator[str]:
    """The pages of docs/ and the decisions that a text names and that are not there."""
    yield from (page for page in re.findall(r"\bdocs/[\w-]+\.\w+", text) if not (ROOT / page).exists())
    for number in _DECISION.findall(text):
        if not list((ROOT / "shared" / "adr").glob(f"{number}-*.md")):
            yield f"ADR {number}"


def wrong_targets(text: str) -> Iterator[str]:
    """Targets that a text has somebody make, and the Makefile does not have."""
    yield from (f"make {target}" for target in _TARGET.findall(text) if target not in TARGETS)


def wrong_commands(text: str) -> Iterator[str]:
    """Commands and options of the services' programs that they do not have, one sentence each."""
    lines = _COMMAND.findall(text)
    lines += [(service, f"dead-letters {command}") for service, command in _DEAD_LETTERS.findall(text)]
    for service, line in lines:
        # What every service has, billing has.
        program = _commands_of(service if service in SERVICES else "billing")
        before = here = program
        for word in re.sub(r"[\[\](),…]", " ", line).split():
            option = word.partition("=")[0]
            if word in _END_OF_COMMAND:
                break
            if word == "|":
                here = before
            elif word in here["commands"]:
                before, here = here, here["commands"][word]
            elif option.startswith("--") and option not in {*here["options"], "--help"}:
                yield f"`{service} {line}`: there is no {option}"
            elif here["commands"] and re.fullmatch(r"[a-z][a-z-]+", word):
                yield f"`{service} {line}`: there is no {word}"


def cited_pages(module: Path, text: str) -> Iterator[str]:
    """The pages that a module cites and that are neither at the root nor in its package."""
    package = next((folder for folder in module.parents if (folder / "pyproject.toml").exists()), ROOT)
    for page in re.findall(r"(?<![\w/.*>{}\"-])((?:[\w-]+/)*[\w-]+\.md)\b", text):
        if not any((base / page).exists() for base in (ROOT, package)):
            yield page


@cache
def _all_files() -> list[Path]:
    folders = [folder for folder in ROOT.iterdir() if folder.name not in LEFT_OUT]
    paths = [path for folder in folders for path in (folder.rglob("*") if folder.is_dir() else [folder])]
    return sorted(path for path in paths if not LEFT_OUT & set(path.parts) and path.is_file())


def _is_defined(dotted: str) -> bool:
    """Whether a name such as `servicekit.http.mark_replayed` is a module, or a word in one."""
    package, *rest = dotted.split(".")
    place = _SOURCES[package] / package
    for part in rest:
        if place.is_dir() and ((place / part).is_dir() or (place / f"{part}.py").is_file()):
            place = place / part if (place / part).is_dir() else place / f"{part}.py"
            continue
        module = place / "__init__.py" if place.is_dir() else place
        return re.search(rf"\b{part}\b", module.read_text(encoding="utf-8")) is not None
    return True


@cache
def _functions_of_tests() -> set[str]:
    modules = [path for path in files(".py") if "tests" in path.relative_to(ROOT).parts]
    return {name for path in modules for name in re.findall(r"^def (\w+)\(", path.read_text("utf-8"), re.MULTILINE)}


@cache
def _commands_of(service: str) -> Mapping[str, Any]:
    module, _, function = WORKSPACE.package_named(service).program.partition(":")
    script = _COMMANDS_OF.format(module=module, function=function)
    return dict(json.loads(run_in(service, "python", "-c", script)))
