"""The user's package registry settings, carried from pip to uv: a mirror or a private certificate set up for pip works
for both, and no registry is ever named in this repository. Standard library only."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Mapping
from pathlib import Path

# pip's own order: the `global` section is overruled by the command's, and both by PIP_… variables.
_PRECEDENCE = ("global", "install", ":env:")


def uv_environment(pip: Path, environ: Mapping[str, str], *, locking: bool = False) -> dict[str, str]:
    """`environ` plus the UV_… variables that make uv read the registries pip is set up for.

    A variable the user set for uv stays as it is. With `locking`, extra indexes and local folders are left out: a lock
    carries the hashes of the main index, which everybody has, not those of one person's extra folder.
    """
    listing = subprocess.run(
        [str(pip), "config", "list"], env=dict(environ), capture_output=True, text=True, check=True, timeout=60
    )
    return uv_variables(listing.stdout, locking=locking) | dict(environ)


def uv_variables(pip_config_list: str, *, locking: bool = False) -> dict[str, str]:
    """The UV_… (and TLS) variables that say what `pip config list` printed."""
    pip = _settings(pip_config_list)
    variables: dict[str, str] = {}

    def carry(setting: str, variable: str, separator: str = " ") -> None:
        if pip.get(setting):
            variables[variable] = separator.join(pip[setting].split())

    carry("index-url", "UV_DEFAULT_INDEX")
    carry("trusted-host", "UV_INSECURE_HOST")
    carry("timeout", "UV_HTTP_TIMEOUT")
    carry("cert", "SSL_CERT_FILE")
    carry("client-cert", "SSL_CLIENT_CERT")
    carry("proxy", "ALL_PROXY")
    if not locking:
        carry("extra-index-url", "UV_INDEX")
        if links := [link for link in pip.get("find-links", "").split() if "://" in link or Path(link).exists()]:
            variables["UV_FIND_LINKS"] = ",".join(links)
        if pip.get("no-index", "").lower() in {"1", "true", "yes", "on"}:
            variables["UV_NO_INDEX"] = "1"
        if "UV_INDEX" in variables:
            # pip takes a version from whichever index has it; what is installed is still pinned by hash.
            variables["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    if "SSL_CERT_FILE" not in variables:
        variables["UV_SYSTEM_CERTS"] = "1"  # pip trusts the system's certificates too
    return variables


def _settings(pip_config_list: str) -> dict[str, str]:
    ranked: list[tuple[int, str, str]] = []
    for line in pip_config_list.splitlines():
        key, equals, value = line.partition("=")
        section, dot, setting = key.partition(".")
        if equals and dot and section in _PRECEDENCE:
            ranked.append((_PRECEDENCE.index(section), setting, str(ast.literal_eval(value))))
    return {setting: value for _, setting, value in sorted(ranked, key=lambda entry: entry[0])}
