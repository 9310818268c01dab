"""`make new-service`: a service that runs, in its own two folders, and nothing elsewhere.

What it writes is in `service_template`, each file with `.template` behind its name; `$name`, `$package`, `$title` and
`$team` stand for what the caller says.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from string import Template

from emitra_local.environments import Environments
from emitra_local.generated import generated
from emitra_local.locks import write_locks_of
from emitra_local.problems import CannotStart
from emitra_local.workspace import TAKEN_NAMES, require_name

TEMPLATE = Path(__file__).parent / "service_template"

_TEAM = re.compile(r"@[A-Za-z0-9-]+(/[A-Za-z0-9._-]+)?")


def new_service(root: Path, name: str, team: str, say: Callable[[str], None]) -> None:
    """Writes the folders of a new service, its locks and its generated files. As `write_service`."""
    for path in write_service(root, name, team):
        say(f"wrote {path.relative_to(root)}")
    environments = Environments(root, say)
    if fault := environments.workspace.broken.get(name):
        for folder in (root / "services" / name, root / "deploy" / "k8s" / "services" / name):
            shutil.rmtree(folder)
        raise CannotStart(f"NAME={name}: {fault}")
    write_locks_of(environments, environments.workspace.package_in(f"services/{name}"), say)
    made = generated(environments, only=name)
    for path, text in made.files.items():
        path.write_text(text, encoding="utf-8")
        say(f"wrote {path.relative_to(root)}")
    if made.faults:
        raise CannotStart("\n".join(made.faults))
    say(f"{name} is there: `make test SERVICE={name}`, then `make run`. docs/new-service.md goes on from here.")


def write_service(root: Path, name: str, team: str) -> list[Path]:
    """Writes the folders of a new service; the files that it wrote.

    Raises CannotStart when the name or the team is none, or when something of that name is there.
    """
    require_name(name, "NAME")
    if not _TEAM.fullmatch(team):
        raise CannotStart(f"{team!r} is no team: write it as in CODEOWNERS, such as TEAM=@emitra/labour")
    places = {"service": root / "services" / name, "manifests": root / "deploy" / "k8s" / "services" / name}
    package = package_of(name)
    there = [str(place.relative_to(root)) for place in places.values() if place.exists()]
    there += [str(init.parent.relative_to(root)) for init in root.glob(f"*/*/src/{package}/__init__.py")]
    if there or name in TAKEN_NAMES:
        why = " and ".join(there) or "a folder of the launcher's own"
        raise CannotStart(f"NAME={name}: {why} is there already. Choose another name, or `make remove-service` first.")
    words = {"name": name, "package": package, "team": team, "title": name.replace("-", " ").capitalize()}
    return [
        _written(file, place / _path(file.relative_to(TEMPLATE / part), words), words)
        for part, place in places.items()
        for file in sorted((TEMPLATE / part).rglob("*.template"))
    ]


def package_of(name: str) -> str:
    """The Python package of a service: `labour_welfare` of labour-welfare."""
    return name.replace("-", "_")


def _path(template: Path, words: dict[str, str]) -> str:
    return str(template.with_suffix("")).replace("__package__", words["package"])


def _written(template: Path, path: Path, words: dict[str, str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(Template(template.read_text(encoding="utf-8")).substitute(words), encoding="utf-8")
    return path
