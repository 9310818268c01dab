"""Which module may import which, as import-linter contracts over every package that is there.

The contracts are rendered from the folders: a new service is held to all of them without anybody's list being edited,
and there is no place for an exception.
"""

from __future__ import annotations

import os
from pathlib import Path

from emitra_local.environments import Environments
from emitra_local.workspace import Workspace

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
    "errors",
    "ids",
    "instants",
    "fields",
    "idempotency",
    "money",
    "tokens",
    "text",
    "deadlines",
    "faults",
    "settings",
    "versions",
)
PLUMBING = ("gunicorn", "opentelemetry", "prometheus_client", "requests", "structlog", "typer", "rich", "urllib3")


def command(environments: Environments) -> list[str]:
    """The command that checks the rules; needs the environment `lint` and path() in its environment."""
    config = environments.root / ".local" / "importlinter.ini"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(rendered(environments.workspace))
    program = str(environments.program("lint", "lint-imports"))
    cache = environments.root / ".local" / "cache" / "import-linter"
    return [program, "--config", str(config), "--cache-dir", str(cache)]


def path(workspace: Workspace) -> dict[str, str]:
    """PYTHONPATH with the source of every package."""
    return {"PYTHONPATH": os.pathsep.join(str(package.source) for package in workspace.packages)}


def rendered(workspace: Workspace) -> str:
    """The configuration file of import-linter."""
    services = [name for package in workspace.services for name in package.import_names()]
    shared = [
        name
        for package in workspace.packages
        if package.folder.parent.name == "shared"
        for name in package.import_names()
    ]
    tools = [
        name
        for package in workspace.packages
        if package.folder.parent.name == "deploy"
        for name in package.import_names()
    ]
    everything = [*services, *shared, *tools]
    with_domain = [name for name in services if _source(workspace, name, "domain").is_dir()]
    with_application = [name for name in services if _source(workspace, name, "application").is_dir()]
    contracts = {
        "services-are-independent": {
            "name": "Services never import each other",
            "type": "independence",
            "modules": services,
        },
        "layers": {
            "name": "Layers inside a service, no stray module",
            "type": "layers",
            "containers": services,
            "layers": ["entrypoints", "bootstrap", "(adapters) : (settings)", "(application)", "(domain)"],
            "exhaustive": "true",
        },
        "areas": {
            "name": "Areas depend on one another in one direction only",
            "type": "acyclic_siblings",
            "ancestors": [
                *(
                    f"{name}.{layer}"
                    for name in services
                    for layer in ("domain", "application", "adapters", "entrypoints")
                    if _source(workspace, name, layer).is_dir()
                ),
                *(
                    f"servicekit.{room.name}"
                    for room in sorted((workspace.root / "shared" / "servicekit" / "src" / "servicekit").glob("*"))
                    if room.is_dir() and (room / "__init__.py").exists()
                ),
            ],
        },
        "only-bootstrap-names-adapters": {
            "name": "Only bootstrap imports adapters",
            "type": "protected",
            "protected_modules": [f"{name}.adapters" for name in services],
            "allowed_importers": [f"{name}.bootstrap" for name in services],
        },
        "domain-is-pure": {
            "name": "The domain imports no framework, driver or plumbing",
            "type": "forbidden",
            "source_modules": [f"{name}.domain" for name in with_domain],
            "forbidden_modules": [*FRAMEWORKS_AND_DRIVERS, *PLUMBING, "servicekit"],
        },
        "application-is-plain": {
            "name": "The application imports no web framework and no driver",
            "type": "forbidden",
            "source_modules": [f"{name}.application" for name in with_application],
            "forbidden_modules": FRAMEWORKS_AND_DRIVERS,
        },
        "one-place-for-amqp": {
            "name": "Only servicekit.broker imports kombu or pika",
            "type": "protected",
            "protected_modules": ["kombu", "pika"],
            "allowed_importers": ["servicekit.broker"],
        },
        "chassis-rooms": {
            "name": "The rooms of the chassis, and no arrow back up",
            "type": "layers",
            "containers": ["servicekit"],
            "layers": [
                "(testing)",
                "(service)",
                "(operations)",
                "(broker)",
                "(events)",
                "(http) : (mongo)",
                "(observability)",
                " : ".join(f"({module})" for module in CHASSIS_GROUND_FLOOR),
            ],
            "exhaustive": "true",
        },
        "chassis-http": {
            "name": "HTTP in the chassis: callers and marks on the ground floor",
            "type": "layers",
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
                "(callers) : (marks) : (paths)",
            ],
            "exhaustive": "true",
        },
        "shared-serves": {
            "name": "Shared libraries import no service and no tool",
            "type": "forbidden",
            "source_modules": shared,
            "forbidden_modules": [*services, *tools],
        },
        "contracts-stand-alone": {
            "name": "The contracts import nothing of ours",
            "type": "forbidden",
            "source_modules": ["emitra_contracts"],
            "forbidden_modules": [name for name in everything if name != "emitra_contracts"],
        },
        "services-know-no-tool": {
            "name": "Services import neither the launcher nor the simulators",
            "type": "forbidden",
            "source_modules": services,
            "forbidden_modules": tools,
        },
    }
    lines = ["[importlinter]", *_listing("root_packages", everything), "include_external_packages = True"]
    for key, contract in contracts.items():
        lines += ["", f"[importlinter:contract:{key}]"]
        for field, value in contract.items():
            lines += [f"{field} = {value}"] if isinstance(value, str) else _listing(field, list(value))
    return "\n".join(lines) + "\n"


def _listing(field: str, values: list[str]) -> list[str]:
    return [f"{field} ="] + [f"    {value}" for value in values]


def _source(workspace: Workspace, service: str, layer: str) -> Path:
    return next(package.source / service / layer for package in workspace.services if service in package.import_names())
