"""Which module may import which, as import-linter contracts over every package that is there.

The contracts are rendered from the folders: a new service is held to all of them without anybody's list being edited,
and there is no place for an exception. Each service is looked at by itself, so that one that cannot be read keeps no
other from being looked at; the libraries and tools are looked at together.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

from emitra_local.environments import Environments
from emitra_local.workspace import Package, Workspace

FRAMEWORKS_AND_DRIVERS = (
    "flask",
    "flask_smorest",
    "marshmallow",
    "werkzeug",
    "pymongo",
    "bson",
    "kombu",
    "pika",
    "amqp",
)
# Of servicekit: what needs no driver and no framework for the wire.
CHASSIS_GROUND_FLOOR = (
    "access",
    "acts",
    "errors",
    "ids",
    "instants",
    "fields",
    "idempotency",
    "keys",
    "money",
    "tokens",
    "text",
    "deadlines",
    "faults",
    "settings",
    "fit_for_live",
    "versions",
)
PLUMBING = ("gunicorn", "opentelemetry", "prometheus_client", "requests", "structlog", "typer", "rich", "urllib3")
ONE_PLACE_FOR_AMQP = "Only servicekit.broker imports kombu or pika"
LAYERS = ("entrypoints", "bootstrap", "(adapters) : (settings)", "(application)", "(domain)")
LAYERS_WITH_AREAS = ("domain", "application", "adapters", "entrypoints")

_BANNER = re.compile(r".*[╔╗╚╝║─].*\n")
_IMPORT = re.compile(r"([\w.]+) -> ([\w.]+) \(l\.(\d+)[^)]*\)")
_STRAY = re.compile(r"^- ([\w.]+)$", re.MULTILINE)


@dataclass(frozen=True)
class Rule:
    """One contract: its name, what to do instead of breaking it, its type and fields as import-linter reads them."""

    name: str
    instead: str
    kind: str
    fields: dict[str, str | Sequence[str]]


def command(environments: Environments, service: Package | None = None) -> list[str]:
    """The command that checks one service's rules, or those of the libraries and tools; needs the environment `lint`,
    and path() in its own."""
    name = service.folder.name if service else "shared"
    config = environments.root / ".local" / "import-rules" / f"{name}.ini"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(rendered(environments.workspace, service))
    program = str(environments.program("lint", "lint-imports"))
    cache = environments.root / ".local" / "cache" / "import-linter" / name
    return [program, "--config", str(config), "--cache-dir", str(cache)]


def path(workspace: Workspace, service: Package | None = None) -> dict[str, str]:
    """PYTHONPATH with the source of every package; those that a service stands on first, for it may be on releases."""
    packages = [*(workspace.closure(service)[0] if service else []), *workspace.packages]
    return {"PYTHONPATH": os.pathsep.join(str(package.source) for package in packages)}


def rendered(workspace: Workspace, service: Package | None = None) -> str:
    """The configuration file of import-linter."""
    rules = _rules_of_a_service(workspace, service) if service else _rules_of_the_rest(workspace)
    roots = [*(service.import_names() if service else _tools(workspace)), *_shared(workspace)]
    lines = ["[importlinter]", *_listing("root_packages", roots), "include_external_packages = True"]
    for number, rule in enumerate(rules):
        lines += ["", f"[importlinter:contract:{number}]", f"name = {rule.name}", f"type = {rule.kind}"]
        for field, value in rule.fields.items():
            lines += [f"{field} = {value}"] if isinstance(value, str) else _listing(field, value)
    return "\n".join(lines) + "\n"


def explained(workspace: Workspace, service: Package | None, output: str) -> str:
    """What import-linter said, with the file of each import, and what to do instead of what it complains of."""
    rules = _rules_of_a_service(workspace, service) if service else _rules_of_the_rest(workspace)
    broken = [rule for rule in rules if f"{rule.name} BROKEN" in output]
    said = re.sub(r"Broken contracts\n-+\n", "", output[output.find("Broken contracts") :] if broken else output)
    if not broken:  # the contracts cannot be asked at all
        whose = f"services/{service.folder.name}" if service else "shared"
        said = _BANNER.sub("", said).replace(f"{workspace.root}/", "").strip()
        said += f'\n{whose}: mend this first; a service has the modules of CONTRIBUTING.md, "The shape of a service".'

    def with_file(line: re.Match[str]) -> str:
        return f"{_file_of(workspace, line[1])}:{line[3]}: {line[1]} imports {line[2]}"

    said = _STRAY.sub(lambda line: f"- {_file_of(workspace, line[1])}: {line[1]}", _IMPORT.sub(with_file, said))
    whose = service.folder.name if service else "platform"
    return said.strip() + "\n\n" + "".join(f"{whose}: {rule.name}: {rule.instead}\n" for rule in broken)


def _rules_of_a_service(workspace: Workspace, service: Package) -> list[Rule]:
    names = service.import_names()
    # Broken ones too: they have a name that can be imported.
    others = [name.replace("-", "_") for name in workspace.service_names if name != service.folder.name]

    def folders(*layers: str) -> list[str]:
        return [f"{name}.{layer}" for name in names for layer in layers if (service.source / name / layer).is_dir()]

    rules = [
        Rule(
            "Services never import each other",
            "ask the other service over HTTP, or take in its events; what three services need goes to shared/.",
            "forbidden",
            # Through a library is the library's fault, and told there.
            {"source_modules": names, "forbidden_modules": others, "allow_indirect_imports": "true"},
        ),
        Rule(
            "Layers inside a service, no stray module",
            "import downwards only: entrypoints, bootstrap, adapters, application, domain; a module is in one.",
            "layers",
            {"containers": names, "layers": LAYERS, "exhaustive": "true"},
        ),
        Rule(
            "Areas depend on one another in one direction only",
            "move what both areas need into the one that the other imports, or hand it in.",
            "acyclic_siblings",
            {"ancestors": folders(*LAYERS_WITH_AREAS)},
        ),
        Rule(
            "Only bootstrap imports adapters",
            "name a port in the application's ports.py, and hand the adapter in from bootstrap.py.",
            "protected",
            {"protected_modules": folders("adapters"), "allowed_importers": [f"{name}.bootstrap" for name in names]},
        ),
        Rule(
            "The domain imports no framework, driver or plumbing",
            "the domain takes and gives values of the standard library; what needs more is an adapter's.",
            "forbidden",
            {
                "source_modules": folders("domain"),
                "forbidden_modules": [*FRAMEWORKS_AND_DRIVERS, *PLUMBING, "servicekit"],
            },
        ),
        Rule(
            "The application imports no web framework and no driver",
            "name a port in ports.py; adapters/ implements it with the driver, entrypoints/ speaks HTTP.",
            "forbidden",
            {"source_modules": folders("application"), "forbidden_modules": FRAMEWORKS_AND_DRIVERS},
        ),
        Rule(
            ONE_PLACE_FOR_AMQP,
            "publish into the outbox and add a row to CONSUMERS; the chassis speaks to the broker.",
            "forbidden",
            {"source_modules": names, "forbidden_modules": ["kombu", "pika"], "allow_indirect_imports": "true"},
        ),
        Rule(
            "Services import neither the launcher nor the simulators",
            "tests of the whole platform are in tests/; a service runs without what is in deploy/.",
            "forbidden",
            {"source_modules": names, "forbidden_modules": _tools(workspace)},
        ),
    ]
    # What a service does not have has no rule.
    return [rule for rule in rules if all(rule.fields.values())]


def _rules_of_the_rest(workspace: Workspace) -> list[Rule]:
    services = [name.replace("-", "_") for name in workspace.service_names]
    shared, tools = _shared(workspace), _tools(workspace)
    chassis = workspace.root / "shared" / "servicekit" / "src" / "servicekit"
    return [
        Rule(
            "Areas depend on one another in one direction only",
            "move what both modules need into the one that the other imports, or hand it in.",
            "acyclic_siblings",
            {"ancestors": [f"servicekit.{room.parent.name}" for room in sorted(chassis.glob("*/__init__.py"))]},
        ),
        Rule(
            ONE_PLACE_FOR_AMQP,
            "what speaks to the broker is in servicekit.broker.",
            "protected",
            {"protected_modules": ["kombu", "pika"], "allowed_importers": ["servicekit.broker"]},
        ),
        Rule(
            "The rooms of the chassis, and no arrow back up",
            "import downwards only, as the rooms are listed in import_rules.py; a new room gets its place there.",
            "layers",
            {
                "containers": ["servicekit"],
                "layers": [
                    "(testing)",
                    "(personal)",
                    "(service)",
                    "(operations)",
                    "(backup) : (broker)",
                    "(events)",
                    "(http) : (mongo)",
                    "(observability)",
                    " : ".join(f"({module})" for module in CHASSIS_GROUND_FLOOR),
                ],
                "exhaustive": "true",
            },
        ),
        Rule(
            "HTTP in the chassis: callers and marks on the ground floor",
            "import downwards only, as the modules are listed in import_rules.py; a new one gets its place there.",
            "layers",
            {
                "containers": ["servicekit.http"],
                "layers": [
                    "(server)",
                    "(app) : (worker)",
                    "(server_errors) : (connections)",
                    "(openapi)",
                    "(conditional) : (lifecycle) : (auth)",
                    "(blueprint)",
                    "(answers)",
                    "(problems) : (keyed) : (cursor)",
                    "(body) : (context)",
                    "(validation) : (exchange)",
                    "(callers)",
                    "(marks) : (paths)",
                ],
                "exhaustive": "true",
            },
        ),
        Rule(
            "Shared libraries import no service and no tool",
            "what a library needs of a service is handed in by the service.",
            "forbidden",
            {"source_modules": shared, "forbidden_modules": [*services, *tools]},
        ),
        Rule(
            "The contracts import nothing of ours",
            "the contracts are data that anybody may read: move the code to whom it serves.",
            "forbidden",
            {
                "source_modules": ["emitra_contracts"],
                "forbidden_modules": [name for name in (*services, *shared, *tools) if name != "emitra_contracts"],
            },
        ),
    ]


def _shared(workspace: Workspace) -> list[str]:
    return _names_below(workspace, "shared")


def _tools(workspace: Workspace) -> list[str]:
    return _names_below(workspace, "deploy")


def _names_below(workspace: Workspace, folder: str) -> list[str]:
    packages = [package for package in workspace.packages if package.folder.parent.name == folder]
    return [name for package in packages for name in package.import_names()]


def _file_of(workspace: Workspace, module: str) -> str:
    """A module's file, from the root of the repository."""
    for package in workspace.packages:
        place = package.source.joinpath(*module.split("."))
        for file in (place.with_suffix(".py"), place / "__init__.py"):
            if file.exists():
                return str(file.relative_to(workspace.root))
    return module


def _listing(field: str, values: Sequence[str]) -> list[str]:
    return [f"{field} ="] + [f"    {value}" for value in values]
