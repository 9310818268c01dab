"""The routes, by area. Each loads, builds a command (ids and time are minted there), calls and dumps."""

from kiosk_registry.bootstrap import KioskRegistry
from kiosk_registry.entrypoints.http import blueprints
from kiosk_registry.entrypoints.http.bulk import routes as _bulk  # noqa: F401
from kiosk_registry.entrypoints.http.coverage import routes as _coverage  # noqa: F401
from kiosk_registry.entrypoints.http.discipline import routes as _discipline  # noqa: F401
from kiosk_registry.entrypoints.http.inspections import routes as _inspections  # noqa: F401
from kiosk_registry.entrypoints.http.live import routes as _live  # noqa: F401
from kiosk_registry.entrypoints.http.openings import routes as _openings  # noqa: F401
from kiosk_registry.entrypoints.http.places import routes as _places  # noqa: F401

# Importing an area hangs its routes on the blueprints, in the order of the documentation.
from kiosk_registry.entrypoints.http.register import routes as _register  # noqa: F401
from kiosk_registry.entrypoints.http.running import routes as _running  # noqa: F401
from servicekit.personal import own_part

BLUEPRINTS = [
    blueprints.centres, blueprints.openings, blueprints.discipline, blueprints.live, blueprints.bulk,
    own_part("kiosk-registry", KioskRegistry), blueprints.internal,
]  # fmt: skip
