"""Generates clients from a document as a stranger would, without an option that mends it, and runs journeys with them.

Each function raises AssertionError with what the generator, the linter or the journey said.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from emitra_local.environments import Environments
from tests.conftest import ROOT
from tests.support.platform import Platform

# An app that __main__ registers beside the sandbox's: its ID tokens are of the other algorithm.
RS256_APP = "cli_generators_rs256"
HERE = Path(__file__).parent
PACKAGE = "emitra_generated"
# A first `npm ci` downloads some 100 MB.
TIMEOUT_SECONDS = 600

_environments = Environments(ROOT)


def document(platform: Platform, folder: Path) -> Path:
    """The platform's document, as a file in `folder`."""
    path = folder / "openapi.json"
    path.write_bytes(platform.call("GET", "/openapi.json").raw)
    return path


def with_openapi_python_client(platform: Platform, folder: Path) -> None:
    """Python, httpx and attrs."""
    # It would format its code, which nobody reads; and of what is a file it need not know the kind.
    (folder / "config.yaml").write_text(
        "post_hooks: []\n"
        "content_type_overrides:\n"
        "  application/pdf: application/octet-stream\n"
        "  text/csv: application/octet-stream\n"
        "  application/vc: application/json\n"
    )
    command = ["openapi-python-client", "generate", "--path", str(document(platform, folder)), "--meta", "none"]
    command += ["--config", "config.yaml", "--fail-on-warning", "--output-path", PACKAGE]
    _of_environment(folder, command)
    _of_environment(folder, ["python", str(HERE / "journeys_openapi_python_client.py")], _sandbox(platform, folder))


def with_openapi_generator(platform: Platform, folder: Path) -> None:
    """Python, urllib3 and pydantic, by the generator that knows fifty languages more. Needs Java."""
    command = ["openapi-generator-cli", "generate", "-i", str(document(platform, folder)), "-g", "python", "-o", "."]
    _of_environment(folder, [*command, "--package-name", PACKAGE])
    _of_environment(folder, ["python", str(HERE / "journeys_openapi_generator.py")], _sandbox(platform, folder))


def with_openapi_typescript(platform: Platform, folder: Path) -> None:
    """TypeScript, checked by its compiler. Needs Node."""
    path = document(platform, folder)
    tools = _node_tools()
    _run([str(tools / "openapi-typescript"), str(path), "-o", f"{PACKAGE}.d.ts"], folder)
    shutil.copy(HERE / "journeys.ts", folder)
    (folder / "package.json").write_text('{"type": "module"}\n')
    (folder / "node_modules").symlink_to(tools.parent)
    options = ["--strict", "--target", "es2022", "--module", "nodenext", "--allowImportingTsExtensions"]
    options += ["--rewriteRelativeImportExtensions", "--types", "node"]
    _run([str(tools / "tsc"), *options, "journeys.ts"], folder)
    _run(["node", "journeys.js"], folder, _sandbox(platform, folder))


def lint(platform: Platform, folder: Path) -> None:
    """Spectral and Redocly with the rules they come with, every one of them; a warning counts."""
    path, tools = document(platform, folder), _node_tools()
    (folder / "spectral.yaml").write_text("extends: ['spectral:oas']\n")
    _run([str(tools / "spectral"), "lint", "--ruleset", "spectral.yaml", "--fail-severity=hint", str(path)], folder)
    said = _run([str(tools / "redocly"), "lint", "--format=json", str(path)], folder, {"REDOCLY_TELEMETRY": "off"})
    totals = json.loads(said[said.index("{") :])["totals"]
    assert (totals["errors"], totals["warnings"]) == (0, 0), said


def with_openid_client(platform: Platform, folder: Path) -> None:
    """openid-client and jose sign somebody in. Needs Node."""
    (folder / "node_modules").symlink_to(_node_tools().parent)
    shutil.copy(HERE / "sign_in.mjs", folder)
    app = next(client for client in platform.run_info["clients"] if client["kind"] == "app")
    environment = {
        "GATEWAY_URL": platform.run_info["gateway_url"],
        "REDIRECT_URI": app["redirect_uris"][0],
        "CODES": platform.run_info["sign_in_codes_file"],
    }
    for client_id, algorithm in ((app["client_id"], "EdDSA"), (RS256_APP, "RS256")):
        _run(["node", "sign_in.mjs"], folder, {**environment, "APP": client_id, "ALGORITHM": algorithm})


def documentation_page(platform: Platform, folder: Path) -> None:
    """What a person does on /docs, in Debian's Chromium."""
    tools = _node_tools()
    (folder / "node_modules").symlink_to(tools.parent)
    shutil.copy(HERE / "page.mjs", folder)
    chromium = {"CHROMIUM": shutil.which("chromium") or ""}
    _run(["node", "page.mjs"], folder, {**_sandbox(platform, folder), **chromium})


def _sandbox(platform: Platform, folder: Path) -> Mapping[str, str]:
    kiosk, officer = platform.client("kiosk-jaipur"), platform.client("officer-tehsildar-jaipur")
    return {
        "GATEWAY_URL": platform.run_info["gateway_url"],
        "KIOSK": f"{kiosk.client_id}:{kiosk.client_secret}",
        "OFFICER": f"{officer.client_id}:{officer.client_secret}",
        "PYTHONPATH": str(folder),
    }


def _node_tools() -> Path:
    """The folder of the programs of package.json, installed as its lock says."""
    home = ROOT / ".local" / "generators"
    home.mkdir(parents=True, exist_ok=True)
    lock = (HERE / "package-lock.json").read_bytes()
    stamp = home / "stamp"  # written last: a half-made folder is made again
    if not stamp.exists() or stamp.read_bytes() != lock:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, home)
        _run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], home)
        stamp.write_bytes(lock)
    return home / "node_modules" / ".bin"


def _of_environment(folder: Path, command: list[str], env: Mapping[str, str] | None = None) -> str:
    _environments.ensure("generators")
    return _run([str(_environments.program("generators", command[0])), *command[1:]], folder, env)


def _run(command: list[str], folder: Path, env: Mapping[str, str] | None = None) -> str:
    finished = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_SECONDS,
    )
    assert finished.returncode == 0, f"{' '.join(command)}\n{finished.stdout}{finished.stderr}"
    return finished.stdout
