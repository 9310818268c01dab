"""The processes of a service: api, worker, relay. Each runs until told to stop, or exits so that it is restarted."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, TypeVar

import prometheus_client
import structlog
from pymongo.errors import PyMongoError

from servicekit.broker.admin import BrokerRefused, read
from servicekit.broker.comparison import differences
from servicekit.broker.connection import connection_to
from servicekit.broker.consumer import ConsumerProcess, UnusableTopology, WorkerDied, run_beside
from servicekit.broker.relay_store import RelayInDoubt
from servicekit.broker.watch import TopologyWatch
from servicekit.events.dead_letters import ParkedGauges, Recorder
from servicekit.http.server import ApiServer
from servicekit.mongo import Mongo, tell_of_wrong_settings
from servicekit.observability import configure_logging, configure_tracing
from servicekit.service.declaration import Service
from servicekit.service.jobs import join_jobs, start_jobs
from servicekit.service.lifetime import holder_name, run_until_stopped, serve_probes
from servicekit.service.measured import Measured
from servicekit.settings import ServiceSettings, SettingsError

log = structlog.get_logger(__name__)

# sysexits.h: a configuration error, a service that is not there. Supervisors restart either; people tell them apart.
EXIT_BAD_SETTINGS = 78
SettingsClass = TypeVar("SettingsClass", bound=ServiceSettings)
EXIT_UNAVAILABLE = 69


def load_settings(of: type[SettingsClass]) -> SettingsClass:
    """The settings from the environment; prints every problem and exits with 78 when there are any."""
    try:
        return of.load(os.environ)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(EXIT_BAD_SETTINGS) from None


@contextmanager
def _running(service: Service, process: str, settings: ServiceSettings) -> Iterator[Mongo]:
    """Logs, traces and the database for as long as a process runs; sends the last spans at its end."""
    configure_logging(settings.log_level, service.name, process)
    provider = configure_tracing(service.name, service.version, process, settings)
    try:
        with service.connect(settings) as mongo:
            tell_of_wrong_settings(mongo)
            yield mongo
    finally:
        if provider is not None:
            provider.shutdown()


def run_api(service: Service) -> None:
    """Serves HTTP until stopped (gunicorn)."""
    settings = load_settings(service.settings)
    in_worker = ExitStack()

    def load() -> Any:
        mongo = in_worker.enter_context(_running(service, "api", settings))
        app = service.flask_app(settings, mongo)
        try:
            serve_probes(settings.http_host, settings.api_probe_port, mongo.ping)
        except OSError:
            # Citizens are served all the same; whoever probes sees that nobody answers.
            log.error("probes_not_served", port=settings.api_probe_port)
        return app

    sys.argv = [service.name]  # gunicorn would read our arguments as its own.
    ApiServer(settings, load, in_worker.close).run()


def run_worker(service: Service) -> None:
    """Consumes events, records dead letters and runs the jobs until stopped. Exits with 69 in doubt."""
    settings = load_settings(service.settings)
    stopping = threading.Event()
    with _running(service, "worker", settings) as mongo, ExitStack() as at_end:
        watch = _compare_topology(service, settings, stopping) if service.consumes else None
        application = service.bootstrap(settings, mongo)
        if service.measure is not None:
            prometheus_client.REGISTRY.register(Measured(partial(service.measure, application)))
        at_end.callback(join_jobs, start_jobs(service.jobs, mongo, application, holder_name(), stopping))
        at_end.callback(stopping.set)
        if not service.consumes:
            serve_probes(settings.http_host, settings.probe_port, mongo.ping)
            run_until_stopped(lambda: bool(stopping.wait()), stopping.set)
            return
        consumer = ConsumerProcess(
            connection=connection_to(settings.amqp_url),
            queues=service.topology.queues,
            handling=service.handling(mongo, application, stopping),
            threads=settings.worker_threads,
            ping=mongo.ping,
        )
        # Apart from the consumer: neither waits for the other, however many messages are parked.
        recorder = ConsumerProcess(
            connection=connection_to(settings.amqp_url),
            queues=service.topology.parking_queues,
            handling=Recorder(mongo, stopping),
            threads=1,
        )
        prometheus_client.REGISTRY.register(ParkedGauges(mongo, service.topology, service.topology.queues))

        def stop() -> None:
            stopping.set()
            consumer.stop()

        def ready() -> None:
            consumer.ready()
            recorder.ready()
            if watch is not None:
                watch.ready()

        serve_probes(settings.http_host, settings.probe_port, ready)
        try:
            run_until_stopped(lambda: run_beside(consumer, recorder), stop)
        except UnusableTopology as error:
            log.error("topology_unusable", reason=str(error))
            raise SystemExit(EXIT_UNAVAILABLE) from None
        except WorkerDied as error:
            log.error("worker_died", exc_info=error)
            raise SystemExit(EXIT_UNAVAILABLE) from None


def run_relay(service: Service) -> None:
    """Publishes the outbox until stopped. Exits with 69 in any doubt."""
    settings = load_settings(service.settings)
    with _running(service, "relay", settings) as mongo, ExitStack() as at_end:
        stopping = threading.Event()
        at_end.callback(stopping.set)
        watch = _compare_topology(service, settings, stopping)
        relay = service.relay(settings, mongo)

        def ready() -> None:
            relay.ready()
            if watch is not None:
                watch.ready()

        serve_probes(settings.http_host, settings.probe_port, ready)
        try:
            run_until_stopped(relay.run, relay.stop)
        except RelayInDoubt:  # Logged where it happened.
            raise SystemExit(EXIT_UNAVAILABLE) from None
        except PyMongoError as error:  # Before the first row, or at the end: whatever was not marked is sent again.
            log.error("database_unavailable", reason=type(error).__name__)
            raise SystemExit(EXIT_UNAVAILABLE) from None


def _compare_topology(service: Service, settings: ServiceSettings, stopping: threading.Event) -> TopologyWatch | None:
    """Exits with 69, every difference logged, when the broker is not as the topology says and tells us so.

    Returns what goes on looking until `stopping`; nothing where the broker cannot be asked. A management API that
    does not answer keeps nobody from starting: the consumer and the relay look for what they use over AMQP
    themselves.
    """
    if not settings.broker_check_url:
        return None
    try:
        different = differences(service.topology, read(settings.broker_check_url, settings.amqp_url))
    except BrokerRefused as error:
        log.warning("topology_not_compared", reason=str(error))
        different = []
    for difference in different:
        log.error("topology_differs", difference=difference)
    if different:
        log.error("topology_refused", differences=len(different), mend=f"{service.name} topology --apply")
        raise SystemExit(EXIT_UNAVAILABLE)
    watch = TopologyWatch(service.topology, settings.broker_check_url, settings.amqp_url, stopping)
    watch.start()
    return watch
