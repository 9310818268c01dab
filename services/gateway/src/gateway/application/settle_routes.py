"""Settle who gets which route, and write down what is new before it is in force."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gateway.application.ports import RouteRegister
from gateway.application.route_register import Register, Settlement, settle
from gateway.application.routes import PublishedService
from servicekit.errors import DependencyUnavailable

# Each attempt that fails is another gateway's that succeeded; there are some dozens of replicas at most.
MOST_ATTEMPTS = 50


@dataclass(frozen=True)
class SettleRoutes:
    """What the services publish now, and the register as it was last seen."""

    published: Sequence[PublishedService]
    register: Register


@dataclass(frozen=True)
class SettleRoutesHandler:
    """Of several gateways that want to write at the same time one does; the others read it and settle again."""

    register: RouteRegister

    def __call__(self, command: SettleRoutes) -> Settlement:
        """The settlement, stored. Asks the store for nothing when nothing is new; a repeat changes nothing.

        Raises DependencyUnavailable when the register could not be written.
        """
        register = command.register
        for _ in range(MOST_ATTEMPTS):
            settlement = settle(register, command.published)
            if settlement.register == register:
                return settlement
            stored = self.register.replace(settlement.register)
            if stored is not None:
                return replace(settlement, register=stored)
            # Where a stored register is gone, what this gateway knows of it is the best there is.
            register = self.register.newer_than(0) or replace(register, revision=0)
        raise DependencyUnavailable("The register of routes was changed by others all the time.")
