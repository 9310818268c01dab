"""`make remove-service`: a service goes, and nothing of anybody else's breaks or is lost.

Asked first is who relies on it; then the local stack lets go of it (routes, queues, broker user, programs); its folders
go last. Its database stays: what it recorded belongs to the department, which archives or deletes it.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from emitra_local.environments import Environments
from emitra_local.generated import CONTRACTS_ENVIRONMENT, contract_gate
from emitra_local.problems import CannotStart
from emitra_local.running_stack import command, infrastructure
from emitra_local.service_programs import GATEWAY
from emitra_local.supervision import Supervisor

# A worker empties its queues in this, or a person looks why not.
DRAIN_SECONDS = 60
# `gateway release-routes` of a service that has none.
NOTHING_THERE = 2
# What `topology --retire` says of a queue.
HAS_MESSAGES, ONLY_READ = " messages: ", "a worker reads it"


def remove_service(root: Path, state: Path, name: str, say: Callable[[str], None], *, force: bool) -> None:
    """Removes the service from the stack in `state`, where it ever ran there, and then its folders.

    A repeat goes on where the last one stopped. Raises CannotStart, with what to do, when others rely on the service,
    when something is left in its queues, or when git has not what would be deleted and `force` is not given.
    """
    folders = [folder for folder in (root / "services" / name, root / "deploy/k8s/services" / name) if folder.exists()]
    if not (root / "services" / name / "pyproject.toml").exists():
        raise CannotStart(f"there is no services/{name}; `ls services` lists those that are there")
    environments = Environments(root, say)
    _refuse_if_relied_on(environments, name)
    unsaved = _unsaved(root, folders)
    if unsaved and not force:
        raise CannotStart(
            f"git does not have these yet, and they would be gone: {', '.join(unsaved)}\n"
            f"Commit them, or say that they may go: make remove-service NAME={name} FORCE=1"
        )
    programs = sorted((state / "programs").glob(f"{name}-*.json"))
    if programs:
        _leave_stack(root, state, name, say)
        for program in programs:
            program.unlink()
    for folder in folders:
        shutil.rmtree(folder)
        say(f"deleted {folder.relative_to(root)}")
    for environment in (name, f"{name}-test"):
        shutil.rmtree(root / ".local" / "venvs" / environment, ignore_errors=True)
    say(f"{name} is gone. Its database is not: archive or drop it. docs/new-service.md says what a cluster needs.")


def _refuse_if_relied_on(environments: Environments, name: str) -> None:
    environments.ensure(CONTRACTS_ENVIRONMENT)
    asked = subprocess.run(
        [*contract_gate(environments), "removal", name, "--root", str(environments.root)],
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.returncode:
        raise CannotStart(f"{name} cannot go yet: others rely on it.\n{asked.stdout}{asked.stderr}")


def _unsaved(root: Path, folders: list[Path]) -> list[str]:
    status = subprocess.run(
        ["git", "status", "--porcelain", "--", *map(str, folders)],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    return [line[3:] for line in status.stdout.splitlines()]


def _leave_stack(root: Path, state: Path, name: str, say: Callable[[str], None]) -> None:
    """Routes first, so that nobody calls what ends; then the queues, while the worker empties them; then processes."""
    for suffix in ("yaml", "url"):
        (state / "routes" / f"{name}.{suffix}").unlink(missing_ok=True)
    with infrastructure(root, state, say) as servers:
        released = command(state, GATEWAY, "release-routes", name)
        if released.returncode not in {0, NOTHING_THERE}:
            raise CannotStart(f"the gateway does not let go of {name}'s routes:\n{released.stderr}")
        say(f"the gateway has no route to {name}")
        supervisor = Supervisor(state, "")
        running: set[str] = set()
        if supervisor.is_up():
            supervisor.attach()
            running = {program["name"] for program in supervisor.all_programs()}
        administrator = {"RABBITMQ_MANAGEMENT_URL": servers.management_url}
        deadline = time.monotonic() + DRAIN_SECONDS
        while (retired := command(state, name, "topology", "--retire", **administrator)).returncode:
            worker = f"{name}-worker"
            if ONLY_READ in retired.stderr and HAS_MESSAGES not in retired.stderr and worker in running:
                supervisor.stop_program(worker)
                running.discard(worker)
            elif worker not in running or time.monotonic() > deadline:
                hint = "" if worker in running else "\nNothing empties them while it does not run: `make run` first."
                raise CannotStart(f"{name} gets nothing new any more, and is not gone yet:\n{retired.stderr}{hint}")
            else:
                time.sleep(1)
        say(f"nothing of {name} is left on the broker")
        for process in sorted(running):
            if process in {f"{name}-api", f"{name}-relay"}:
                supervisor.stop_program(process)
