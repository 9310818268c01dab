"""Let a service give up what it is entered for: it was removed, it moved, or another takes a route over."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.application.ports import LastGoodRoutes, RouteRegister
from gateway.application.route_register import Entry, asked_for, founded
from gateway.application.routes import PublishedService
from gateway.application.settle_routes import MOST_ATTEMPTS
from servicekit.errors import DependencyUnavailable

_GATEWAY = "gateway"


class ReleaseRefused(Exception):
    """A service cannot give this up: it does not have it, or it publishes it and would be entered again at once."""


@dataclass(frozen=True)
class ReleaseRoutes:
    """`routes` as the register writes them, such as `GET /v1/payments/{}` or `* /v1/payments`.

    Without `routes` and without `place` it is everything. `place` is where the service's files come from, which is
    given up alone when the service moves to another namespace. `published` is what every service publishes now.
    """

    service: str
    routes: Sequence[str]
    place: bool
    published: Sequence[PublishedService]


@dataclass(frozen=True)
class ReleaseRoutesHandler:
    """What is given up belongs to nobody, and within two seconds to whoever publishes it."""

    register: RouteRegister
    last_good: LastGoodRoutes

    def __call__(self, command: ReleaseRoutes) -> list[Entry]:
        """What was given up; the place is no entry. A repeat raises ReleaseRefused and changes nothing.

        Raises ReleaseRefused, DependencyUnavailable.
        """
        whole = not command.routes and not command.place
        for _ in range(MOST_ATTEMPTS):
            register = self.register.newer_than(0) or founded()
            entries = register.of(command.service)
            if not entries and command.service not in register.places:
                raise ReleaseRefused(f"{command.service} is entered for nothing.")
            given_up = entries if whole else [_one_of(entries, route, command.service) for route in command.routes]
            _refuse_if_published(command, given_up)
            if self.register.replace(register.without(command.service, given_up, place=whole or command.place)):
                if whole:
                    self.last_good.forget(command.service)
                return given_up
        raise DependencyUnavailable("The register of routes was changed by others all the time.")


def _one_of(entries: Sequence[Entry], route: str, service: str) -> Entry:
    for entry in entries:
        if f"{entry.method} {entry.path}" == route:
            return entry
    has = ", ".join(f"{e.method} {e.path}" for e in entries)
    raise ReleaseRefused(f"{service} is not entered for {route}; it is for {has or 'nothing'}.")


def _refuse_if_published(command: ReleaseRoutes, given_up: Sequence[Entry]) -> None:
    if command.service == _GATEWAY:
        raise ReleaseRefused("The gateway publishes its own routes as long as it runs.")
    own = [service for service in command.published if service.name == command.service]
    kept = {str(entry) for service in own for entry in asked_for(service) if entry in given_up}
    if kept:
        raise ReleaseRefused(
            f"{command.service} still publishes {', '.join(sorted(kept))}; take its files (in a cluster its ConfigMap "
            "of routes) away, or the route out of its document, first."
        )
