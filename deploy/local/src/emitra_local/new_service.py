"""`make new-service`: a service that runs, in its own two folders, and nothing elsewhere.

What it writes is in `service_template`, each file with `.template` behind its name; `$name`, `$package`, `$title` and `$team` stand for what the caller says.
"""

from __future__ import annotations

import keyword
import re
from pathlib import Path
from string import Template

from emitra_local.problems import CannotStart

# The longest object in the cluster is `<name>-api-` and what Kubernetes adds, of 63 characters.
LONGEST_NAME = 40
TEMPLATE = Path(__file__).parent / "service_template"

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*")
_TEAM = re.compile(r"@[A-Za-z0-9-]+(/[A-Za-z0-9._-]+)?")


def require_name(name: str) -> str:
    """`name`, if a service may be called so. Raises CannotStart with the rule."""
    if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME or keyword.iskeyword(name):
        raise CannotStart(
            f"{name!r} is no name for a service: up to {LONGEST_NAME} small letters and digits in words joined by -, "
            "each beginning with a letter, such as labour-welfare"
        )
    return name


def write_service(root: Path, name: str, team: str) -> list[Path]:
    """Writes the folders of a new service; the files that it wrote.

    Raises CannotStart when the name or the team is none, or when something of that name is there.
    """
    require_name(name)
    if not _TEAM.fullmatch(team):
        raise CannotStart(f"{team!r} is no team: write it as in CODEOWNERS, such as TEAM=@emitra/labour")
    places = {"service": root / "services" / name, "manifests": root / "deploy" / "k8s" / "services" / name}
    there = [str(place.relative_to(root)) for place in places.values() if place.exists()]
    there += [str(path.parent.relative_to(root)) for path in root.glob(f"services/*/src/{package_of(name)}/__init__.py")]
    there += [str(folder.relative_to(root)) for folder in root.glob(f"*/{name}") if (folder / "pyproject.toml").exists()]
    if there:
        raise CannotStart(f"{' and '.join(there)} is there already: choose another name, or `make remove-service` first")
    words = {"name": name, "package": package_of(name), "team": team, "title": name.replace("-", " ").capitalize()}
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
