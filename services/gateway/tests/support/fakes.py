"""Fakes for the unit level; they pass the suite of the real stores (tests/service/test_route_stores)."""

from dataclasses import replace

from gateway.application.route_register import Register
from gateway.application.routes import PublishedService
from servicekit.errors import DependencyUnavailable


class FakeRouteRegister:
    """Implements application.ports.RouteRegister. While `away`, nothing reaches it; `writes` counts what it stored."""

    def __init__(self) -> None:
        self.stored: Register | None = None
        self.away = False
        self.writes = 0

    def newer_than(self, revision: int) -> Register | None:
        self._reach()
        return None if self.stored is None or self.stored.revision == revision else self.stored

    def replace(self, register: Register) -> Register | None:
        self._reach()
        if register.revision != (self.stored.revision if self.stored else 0):
            return None
        self.stored = replace(register, revision=register.revision + 1)
        self.writes += 1
        return self.stored

    def _reach(self) -> None:
        if self.away:
            raise DependencyUnavailable("away")


class FakeLastGoodRoutes:
    """Implements application.ports.LastGoodRoutes."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], PublishedService] = {}

    def keep(self, service: PublishedService) -> None:
        self.kept[service.name, service.place] = service

    def find(self, service: str, place: str) -> PublishedService | None:
        return self.kept.get((service, place))

    def forget(self, service: str) -> None:
        self.kept = {key: kept for key, kept in self.kept.items() if key[0] != service}
