"""The two commands that start a simulator: one process with threads, on loopback unless `--host` says otherwise."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from cheroot import wsgi
from flask import Flask

from emitra_simulators.biller import biller_app
from emitra_simulators.callbacks import Callbacks
from emitra_simulators.controls import Faults
from emitra_simulators.journal import FileJournal, Journal, JournalDamaged, JournalInUse, NoJournal
from emitra_simulators.psp import psp_app

# A hanging or delayed request keeps its thread; when this many hang, the others wait.
THREADS = 64

# Callers keep their connections open; 65 s outlasts a minute without a payment.
KEEPALIVE_SECONDS = 65

# More than all workers of all services on one machine hold open.
MAX_KEPT_CONNECTIONS = 1024
MAX_WAITING_CONNECTIONS = 1024
LISTEN_BACKLOG = 512

# When the simulator is stopped, a running request has this long to finish; one that hangs on purpose ends at once.
STOP_SECONDS = 2

STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}

MakeApp = Callable[[Journal, Faults], Flask]


def biller_simulator() -> None:
    """Command emitra-biller-simulator. CALLBACK_SECRET, if set, signs the callbacks."""
    secret = os.environ.get("CALLBACK_SECRET", "")

    def make_app(journal: Journal, faults: Faults) -> Flask:
        return biller_app(journal, callbacks=Callbacks(secret.encode()) if secret else None, faults=faults)

    _serve("biller", make_app)


def psp_simulator() -> None:
    """Command emitra-psp-simulator."""
    _serve("psp", lambda journal, faults: psp_app(journal, faults=faults))


def _serve(name: str, make_app: MakeApp) -> None:
    parser = argparse.ArgumentParser(
        prog=f"emitra-{name}-simulator",
        description="For the sandbox and tests: anybody who reaches it may control it, so keep it on loopback.",
    )
    parser.add_argument("--port", type=_port, required=True, help="0 picks a free one; the first line says which")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--state", type=Path, metavar="FILE", help="remember payments here, over restarts")
    options = parser.parse_args()

    stopping = threading.Event()

    try:
        journal = FileJournal(options.state) if options.state else NoJournal()
        app = make_app(journal, Faults(sleep=stopping.wait))
    except (JournalInUse, JournalDamaged) as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"--state {options.state} cannot be used: {error.strerror}")
    server = wsgi.Server(
        (options.host, options.port),
        app,
        numthreads=THREADS,
        timeout=KEEPALIVE_SECONDS,
        request_queue_size=LISTEN_BACKLOG,
        accepted_queue_size=MAX_WAITING_CONNECTIONS,
        shutdown_timeout=STOP_SECONDS,
    )
    server.keep_alive_conn_limit = MAX_KEPT_CONNECTIONS
    # Blocked before any thread starts: the signal waits for sigwait and never interrupts the server's code.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        server.prepare()
    except OSError as error:
        _fail(f"cannot listen on {options.host}:{options.port}, choose another with --port or --host: {error}")
    threading.Thread(target=server.serve, daemon=True).start()
    sys.stdout.write(f"{name} simulator ready on http://{options.host}:{server.bind_addr[1]}\n")
    sys.stdout.flush()
    signal.sigwait(STOP_SIGNALS)
    stopping.set()
    stopper = threading.Thread(target=server.stop, daemon=True)
    stopper.start()
    stopper.join(2 * STOP_SECONDS)
    # A worker thread may still wait for the next request on a kept connection, and would delay the exit.
    os._exit(0)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: give a number from 0 to 65535")
    return int(text)


def _fail(message: str) -> NoReturn:
    sys.stderr.write(message + "\n")
    sys.exit(1)
