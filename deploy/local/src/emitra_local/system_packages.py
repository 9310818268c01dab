"""Debian packages that no Python package can bring, installed when missing. Standard library only."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tomllib
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from emitra_local.problems import CannotStart

# A slow mirror may need minutes; a hung one must not hold the terminal for ever. Counted by the installer itself, which
# as root can end apt-get in order; we could only kill, and under sudo not even that.
INSTALL_TIMEOUT_SECONDS = 900

_INSTALLER = Path(__file__).with_name("install_packages.sh")
_RABBITMQ_SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


@dataclass(frozen=True)
class SystemPackage:
    """A Debian package, how to see that what it brings is there, and what to do where it cannot be installed."""

    name: str
    present: Callable[[], bool]
    otherwise: str


PYTHON_VENV = SystemPackage(
    "python3-venv",
    lambda: importlib.util.find_spec("ensurepip") is not None,
    "or use a python3 that has the ensurepip module: make PYTHON=/path/to/python3 …",
)
RABBITMQ = SystemPackage(
    "rabbitmq-server",
    lambda: "AMQP_URL" in os.environ or (_RABBITMQ_SERVER.exists() and shutil.which("epmd") is not None),
    "or point AMQP_URL and RABBITMQ_MANAGEMENT_URL (an administrator's) at a RabbitMQ 3.10 or newer, e.g. one started "
    "by `docker run -p 5672:5672 -p 15672:15672 rabbitmq:4-management`",
)
LIBCURL = SystemPackage(
    "libcurl4",
    lambda: (
        "MONGODB_URI" in os.environ
        or shutil.which("mongod") is not None
        or any(Path("/usr/lib").glob("*/libcurl.so.4"))
    ),
    "or point MONGODB_URI at a MongoDB replica set, e.g. one started by "
    "`docker run -p 27017:27017 mongo:7 --replSet rs0`, then `rs.initiate()` in its shell",
)


OBSERVERS = [
    SystemPackage(name, partial(shutil.which, name), f"or put {name} into PATH")  # type: ignore[arg-type]
    for name in ("prometheus", "prometheus-alertmanager")
]


def of_tests(root: Path, service: str = "") -> list[SystemPackage]:
    """What all tests need, or those of one package: `test-packages` under [tool.emitra] in its pyproject.toml."""
    packages = []
    files = sorted(
        file for room in ("services", "shared") for file in root.glob(f"{room}/{service or '*'}/pyproject.toml")
    )
    for file in files if service else [*files, root / "tests" / "pyproject.toml"]:
        with suppress(OSError, ValueError):  # a broken service is told of by what reads its whole file
            names = tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {}).get("emitra", {})
            otherwise = f"or test the others: make test SERVICE=…; {file.relative_to(root)} names it for its tests"
            packages += [
                SystemPackage(name, partial(_installed, name), otherwise) for name in names.get("test-packages", [])
            ]
    return packages


def install_missing(packages: Iterable[SystemPackage], log: Path, say: Callable[[str], None]) -> None:
    """Install those packages that are not there, as root or through a sudo that asks for no password. Repeatable.

    Raises CannotStart, with the command to type and the way round it, when neither is possible or apt-get fails.
    """
    missing = [package for package in packages if not package.present()]
    if not missing:
        return
    names = [package.name for package in missing]
    by_hand = f"sudo apt-get install -y --no-install-recommends {' '.join(names)}"
    ways_round = "".join(f"\n  {package.name}: {package.otherwise}" for package in missing)
    as_root = _root_prefix()
    if as_root is None or shutil.which("apt-get") is None:
        raise CannotStart(
            f"Missing on this machine: {', '.join(names)}, and there is no root, no password-free sudo or no apt-get "
            f"to install with. Type\n  {by_hand}\nand run the same make command again,{ways_round}"
        )
    say(f"installing {', '.join(names)} with apt-get (log: {log})")
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [*as_root, "sh", str(_INSTALLER), str(INSTALL_TIMEOUT_SECONDS), *names]
    # Not subprocess.run, which at Ctrl-C kills what has just begun to end in order.
    with (
        log.open("w") as output,
        subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT) as installer,
    ):
        failed = installer.wait()
    still_missing = [package.name for package in missing if not package.present()]
    if failed or still_missing:
        tail = "\n".join(log.read_text().splitlines()[-8:])
        raise CannotStart(
            f"apt-get could not install {', '.join(still_missing or names)}:\n{tail}\n"
            f"Type\n  {by_hand}\nto see why, then run the same make command again,{ways_round}"
        )


def _root_prefix() -> list[str] | None:
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        return None
    asks_nothing = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False, timeout=30)
    return ["sudo", "-n"] if asks_nothing.returncode == 0 else None


def _installed(name: str) -> bool:
    """Whether Debian's package is there; on another system, whether a program of its name is."""
    if shutil.which("dpkg-query") is None:
        return shutil.which(name) is not None
    asked = subprocess.run(
        ["dpkg-query", "--show", "--showformat=${Status}", name], capture_output=True, text=True, check=False
    )
    return asked.stdout.startswith("install ok installed")
