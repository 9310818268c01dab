"""The first step of every make target: from a bare Python to the launcher, with nothing but the standard library.

Usage: python3 deploy/local/bootstrap.py COMMAND [ARGUMENTS…], the commands being those of `emitra-local`.
"""

import os
import sys

OLDEST_PYTHON = (3, 11)
HERE = os.path.dirname(os.path.abspath(__file__))
# Commands that need the broker and the database; the others must not ask for them to be installed.
NEED_INFRASTRUCTURE = {"run", "test", "fault", "mixed", "infra", "bench", "nemesis"}
# Commands that have nothing to do where nothing was ever installed.
NEED_A_FORMER_RUN = {"stop", "status", "logs", "clean", "command"}


def main() -> int:
    if sys.version_info < OLDEST_PYTHON:
        have = ".".join(str(part) for part in sys.version_info[:3])
        sys.stderr.write(
            f"e-Mitra needs Python 3.11 or newer, and {sys.executable} is {have}.\n"
            "Name a newer one: make PYTHON=/usr/bin/python3.11 run\n"
        )
        return 2
    sys.path.insert(0, os.path.join(HERE, "src"))
    from pathlib import Path  # noqa: PLC0415 - only after the version check

    from emitra_local import system_packages  # noqa: PLC0415
    from emitra_local.environments import Environments  # noqa: PLC0415
    from emitra_local.problems import CannotStart  # noqa: PLC0415

    root = Path(HERE).parent.parent
    command = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if command in NEED_A_FORMER_RUN and not (root / ".local" / "venvs" / "local" / "stamp").exists():
        print("Nothing was ever started here.")
        return 0

    def say(line: str) -> None:
        print("  " + line, flush=True)

    try:
        needed = [system_packages.PYTHON_VENV]
        if command in NEED_INFRASTRUCTURE:
            needed += [system_packages.RABBITMQ, system_packages.LIBCURL]
        if command == "observe":
            needed += system_packages.OBSERVERS
        if command in {"test", "guide"}:
            named = [word for word in sys.argv[2:3] if not word.startswith("-")]
            needed += system_packages.of_tests(root, *named)
        system_packages.install_missing(needed, root / ".local" / "apt.log", say)
        environments = Environments(root, say)
        if command == "lock":  # the one command that must work while the launcher's own lock is being changed
            from emitra_local.locks import write_locks  # noqa: PLC0415

            faults = write_locks(environments, upgrade="--upgrade" in sys.argv, say=say)
            sys.stderr.writelines(f"\n{fault}\n" for fault in faults)
            return 1 if faults else 0
        environments.ensure("local")
    except CannotStart as error:
        sys.stderr.write(f"\n{error}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    launcher = str(environments.program("local", "emitra-local"))
    os.environ["EMITRA_ROOT"] = str(root)
    return os.execv(launcher, [launcher, *sys.argv[1:]])  # noqa: S606 - our own program, no shell wanted


if __name__ == "__main__":
    sys.exit(main())
