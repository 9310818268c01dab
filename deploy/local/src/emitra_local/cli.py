"""`emitra-local`: what the targets of the Makefile call."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from emitra_local import journeys, releases, suites
from emitra_local.code_watch import Code, CodeWatch
from emitra_local.console import console, say, stage
from emitra_local.images import build_image
from emitra_local.mutants import run_mutants
from emitra_local.new_service import new_service
from emitra_local.observability import observe
from emitra_local.problems import CannotStart
from emitra_local.remove_service import remove_service
from emitra_local.restart import restart_service
from emitra_local.service_command import become
from emitra_local.service_programs import GATEWAY
from emitra_local.service_watch import ServiceWatch
from emitra_local.stack import Stack, disposable_stack
from emitra_local.stack_folder import abandoned_test_stacks, delete_test_stack, made_elsewhere, stop_running
from emitra_local.supervision import Supervisor
from emitra_local.workspace import Workspace, require_name

DEFAULT_GATEWAY_PORT = 8080
EXIT_CANNOT_START = 2
WATCH_SECONDS = 2.0

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)


def main() -> None:
    """Run a command; what a person has to change is printed without a stack trace."""
    # Set in many containers. Each of the processes that tests start would compile all that it imports: 6.5 s of CPU
    # instead of 2.7 s.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    try:
        app()
    except CannotStart as error:
        console.print(f"\n{error}", style="red", markup=False, soft_wrap=True)
        sys.exit(EXIT_CANNOT_START)


def root() -> Path:
    """The repository: bootstrap.py names it."""
    return Path(os.environ.get("EMITRA_ROOT") or Path.cwd()).resolve()


def _run_state() -> Path:
    return root() / ".local" / "run"


@app.command()
def run(services: Annotated[str, typer.Argument(help='"billing gateway"; all when left out')] = "") -> None:
    """Start the platform, perform the two journeys, stay up until Ctrl-C; 1 when something was broken at the end."""
    started = time.monotonic()
    console.print("[bold]e-Mitra on this machine[/] (Ctrl-C stops it)\n")
    run_file = root() / ".local" / "run.json"
    stack = Stack(
        root(),
        _run_state(),
        gateway_port=_gateway_port(),
        only=services.split(),
        keep_going=True,
        stage=stage,
        say=say,
    )
    made: dict[str, journeys.Outcome] = {}

    def tell(name: str, fault: str) -> None:
        _tell(name, fault)
        made.update(journeys.attempt(_write_run_file(run_file, stack), console, stack.well, made))

    def tell_codes(codes: Sequence[Code]) -> None:
        for code in codes:
            said = f"{code['code']} is the code to sign in with" if "code" in code else code["text"]
            console.print(f"  to the phone {code['mobile']}: {said}", markup=False)
        _write_run_file(run_file, stack)

    with _signals_as_interrupt():
        try:
            with stack, _removed_after(run_file):
                info = _write_run_file(run_file, stack)
                made |= journeys.attempt(info, console, stack.well)
                for name, fault in stack.broken.items():
                    _tell(name, fault)
                gateway = (info["gateway_url"], info["docs_url"]) if GATEWAY in stack.well else ("not running",) * 2
                pages = "".join(f"  {name:14} {url}\n" for name, url in info["pages"].items() if name in stack.well)
                console.print(
                    f"\n[bold green]Ready[/] after {time.monotonic() - started:.1f} s"
                    f"{' without ' + ', '.join(stack.broken) if stack.broken else ''}\n"
                    f"  gateway        {gateway[0]}\n"
                    f"  documentation  {gateway[1]}\n"
                    f"{pages}"
                    f"  the payment    {made['payment'].text}\n"
                    f"  certificate    {made['certificate'].text}\n"
                    f"  credentials    {run_file.relative_to(root())}\n"
                    f"  logs           make logs [SERVICE=billing]\n"
                    "\nCtrl-C stops everything that was started here.",
                    soft_wrap=True,
                )

                _watch(stack, ServiceWatch(stack, tell), CodeWatch(lambda: stack.sign_in_codes, tell_codes))
        except KeyboardInterrupt:
            console.print("\nStopped.")
    failed = [name for name in stack.chosen if name in stack.broken]
    failed += [f"the journey of the {what}" for what, outcome in made.items() if outcome.failed]
    if failed:
        console.print(f"Broken at the end: {', '.join(failed)}.", style="red")
        raise typer.Exit(1)


@app.command()
def stop() -> None:
    """Stop what `make run` started, wherever it runs, or what was left of it."""
    for state in [_run_state(), *abandoned_test_stacks(root())]:
        if stop_running(state):
            console.print(f"Stopped what ran in {state.relative_to(root())}.")
        elif state == _run_state():
            console.print("Nothing was running.")
        if state != _run_state():
            delete_test_stack(state)
    (root() / ".local" / "run.json").unlink(missing_ok=True)


@app.command()
def restart(service: Annotated[str, typer.Argument(help="billing, gateway, …")] = "") -> None:
    """One service again, from its files as they are now; no request fails meanwhile."""
    with _signals_as_interrupt():
        restart_service(root(), _run_state(), service, say)


@app.command()
def clean() -> None:
    """Stop, then delete the data, ports and secrets of `make run` on this machine; Python environments stay.

    Servers of the user's own are not touched: nothing there proves that a database was not there before us.
    """
    stop()
    elsewhere = made_elsewhere(_run_state())
    shutil.rmtree(_run_state(), ignore_errors=True)
    console.print("Deleted its data, ports and secrets in .local/run.")
    if elsewhere:
        console.print(
            "On your own servers stay, for you to delete, or for the next `make run` to take over with new secrets:",
            soft_wrap=True,
        )
        for line in elsewhere:
            console.print(f"  {line}", markup=False, soft_wrap=True)


@app.command()
def status() -> None:
    """What runs, since when, and where."""
    supervisor = Supervisor(_run_state(), "")
    if not supervisor.is_up():
        console.print("The platform is not running; `make run` starts it.")
        return
    table = Table("program", "state", "pid", "since", box=None)
    for program in supervisor.all_programs():
        since = datetime.fromtimestamp(program["start"], UTC).astimezone().strftime("%H:%M:%S")
        table.add_row(program["name"], program["statename"], str(program["pid"] or ""), since)
    console.print(table)
    run_file = root() / ".local" / "run.json"
    if run_file.exists():
        info = json.loads(run_file.read_text())
        console.print(f"\n  gateway        {info['gateway_url']}\n  documentation  {info['docs_url']}")
        for name, fault in info["broken"].items():
            _tell(name, fault)


@app.command()
def logs(service: Annotated[str, typer.Argument(help="billing, rabbitmq, …; all when left out")] = "") -> None:
    """Follow the logs of all programs, or of one service."""
    if service:
        require_name(service, "SERVICE")
    files = sorted((_run_state() / "logs").glob(f"{service}*.log"))
    if not files:
        raise CannotStart(f"There are no logs{' of ' + service if service else ''} in {_run_state() / 'logs'}.")
    os.execvp("tail", ["tail", "-n", "50", "-F", *map(str, files)])  # noqa: S606 - no shell wanted


@app.command("observe")
def observe_run() -> None:
    """Prometheus and Alertmanager beside what `make run` started, until Ctrl-C."""

    def until() -> None:
        console.print("\nCtrl-C stops both; the platform goes on.")
        while Supervisor(_run_state(), "").is_up():
            time.sleep(WATCH_SECONDS)
        console.print("The platform is not running.")

    with _signals_as_interrupt():
        try:
            observe(root(), _run_state(), say, until)
        except KeyboardInterrupt:
            console.print("\nStopped.")


@app.command(context_settings={"ignore_unknown_options": True})
def command(
    service: Annotated[str, typer.Argument(help="billing, gateway, …")],
    arguments: Annotated[list[str], typer.Argument(help="-- COMMAND OPTIONS…")],
) -> None:
    """Run a command of a service with what its processes run with; OPERATOR_TOKEN is handed on."""
    if service:
        require_name(service, "SERVICE")
    described = _run_state() / "programs" / f"{service}-api.json"
    if not service or not described.exists():
        there = sorted(path.name.removesuffix("-api.json") for path in described.parent.glob("*-api.json"))
        raise CannotStart(
            f"SERVICE is one of {', '.join(there)}, not {service!r}." if there else "Nothing was ever started here."
        )
    become(described, arguments)


@app.command(context_settings={"ignore_unknown_options": True})
def infra(command: Annotated[list[str], typer.Argument(help="-- COMMAND ARGUMENTS…")]) -> None:
    """Run a command with a MongoDB and a RabbitMQ of its own (MONGODB_URI, AMQP_URL, RABBITMQ_MANAGEMENT_URL)."""
    with _signals_as_interrupt(), disposable_stack(root(), with_services=False, stage=stage, say=say) as stack:
        finished = subprocess.run(command, env=os.environ | stack.infrastructure_env, check=False)
    raise typer.Exit(finished.returncode)


@app.command("test")
def run_tests(
    service: Annotated[str, typer.Argument(help="one service's tests only")] = "",
    expression: Annotated[str, typer.Option("-k", help="of those, the ones that fit pytest's expression")] = "",
) -> None:
    """Every level of tests that fits in twelve minutes, or those of one service."""
    with _signals_as_interrupt():
        raise typer.Exit(suites.run_tests(root(), service, expression))


@app.command()
def guide() -> None:
    """docs/new-service.md, walked in a copy of the repository."""
    with _signals_as_interrupt():
        raise typer.Exit(suites.run_guide(root()))


@app.command()
def fault() -> None:
    """The whole fault suite, the tests that are too long for `test` included."""
    with _signals_as_interrupt():
        raise typer.Exit(suites.run_faults(root()))


@app.command()
def lint() -> None:
    """ruff, mypy, import rules, locks, generated files, the contract gate."""
    raise typer.Exit(suites.run_lint(root()))


@app.command("format")
def format_code() -> None:
    """Write the code as `lint` wants it."""
    raise typer.Exit(suites.format_code(root()))


@app.command()
def generate() -> None:
    """Write the generated files that are out of date."""
    raise typer.Exit(suites.generate(root()))


@app.command()
def documents() -> None:
    """Build what is made of all services together: asyncapi.yaml, the picture in docs/, CODEOWNERS."""
    raise typer.Exit(suites.write_documents(root()))


@app.command("new-service")
def make_service(
    name: Annotated[str, typer.Argument(help="Such as labour-welfare.")] = "",
    team: Annotated[str, typer.Option(help="Whose it is, such as @emitra/labour.")] = "",
) -> None:
    """A service that runs, in its own two folders."""
    new_service(root(), name, team, say)
    # The order of imports depends on the name.
    raise typer.Exit(suites.format_code(root(), f"services/{name}"))


@app.command("remove-service")
def take_service_away(
    name: Annotated[str, typer.Argument(help="Such as labour-welfare.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Also what git does not have yet.")] = False,
) -> None:
    """A service goes: its routes, queues, broker user and folders, unless others rely on it. Its database stays."""
    remove_service(root(), _run_state(), name, say, force=force)


@app.command()
def image(service: Annotated[str, typer.Argument(help="billing, gateway, …")] = "") -> None:
    """Build a service's image with docker or podman, on the chassis that it stands on."""
    raise typer.Exit(build_image(Workspace(root()), service))


@app.command()
def mixed() -> None:
    """Each service at head beside the others as they were released, and the other way round."""
    with _signals_as_interrupt():
        raise typer.Exit(suites.run_mixed(root()))


@app.command()
def tags() -> None:
    """Make the tags of releases.toml that are missing."""
    for tag in releases.make_missing_tags(root()):
        console.print(f"tagged {tag}")


@app.command("release-contracts")
def release_contracts(service: Annotated[str, typer.Argument(help="Only its own, e.g. billing.")] = "") -> None:
    """Make today's events and APIs the released ones, unless that breaks somebody."""
    raise typer.Exit(suites.release_contracts(root(), service))


@app.command()
def bench() -> None:
    """Print the benchmark tables, floors and peers measured in the same run."""
    with _signals_as_interrupt():
        raise typer.Exit(suites.run_bench(root()))


@app.command(context_settings={"ignore_unknown_options": True})
def nemesis(
    arguments: Annotated[list[str] | None, typer.Argument(help="-- OPTIONS…; --help shows them")] = None,
) -> None:
    """Payments and faults side by side, then the history and the books."""
    with _signals_as_interrupt():
        raise typer.Exit(suites.run_program(root(), "tests.nemesis", *(arguments or [])))


@app.command()
def generators() -> None:
    """Clients generated from the running document make both journeys; linters of OpenAPI look at it."""
    with _signals_as_interrupt():
        raise typer.Exit(suites.run_program(root(), "tests.generators"))


@app.command()
def mutants(
    service: Annotated[str, typer.Argument(help="a package's folder: billing, servicekit, …")],
    part: Annotated[str, typer.Option("--part", help="pieces of paths, domain/ledger,domain/books: only those")] = "",
) -> None:
    """Change a package's code in small ways; its tests must notice each."""
    with _signals_as_interrupt():
        raise typer.Exit(run_mutants(root(), service, part))


@contextmanager
def _signals_as_interrupt() -> Iterator[None]:
    """A closed terminal and a polite kill stop things in the same order as Ctrl-C does."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _removed_after(file: Path) -> Iterator[None]:
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def _watch(stack: Stack, services: ServiceWatch, codes: CodeWatch) -> None:
    while stack.supervisor.is_up():
        time.sleep(WATCH_SECONDS)
        codes.look()
        services.look()
    raise CannotStart("The process manager ended by itself; everything is being stopped. `make run` starts again.")


def _gateway_port() -> int:
    text = os.environ.get("GATEWAY_PORT") or str(DEFAULT_GATEWAY_PORT)
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise CannotStart(f"GATEWAY_PORT must be a port number from 1 to 65535, not {text!r}.")
    return int(text)


def _tell(name: str, fault: str) -> None:
    """Say that a service is broken and why, or that it is well."""
    if not fault:
        console.print(f"[green]✓[/] {name} is well.")
        return
    console.print(f"\n[red]✗[/] {name} is not well; it is tried again when a file of its changes:")
    console.print("\n".join(f"    {line}" for line in fault.splitlines()), markup=False, soft_wrap=True)


def _write_run_file(file: Path, stack: Stack) -> dict[str, Any]:
    """Write what the running stack is, and return it."""
    info = stack.run_info | {"broken": stack.broken}
    _write_private(file, json.dumps(info, indent=2, ensure_ascii=False) + "\n")
    return info


def _write_private(file: Path, text: str) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as output:
        output.write(text)
