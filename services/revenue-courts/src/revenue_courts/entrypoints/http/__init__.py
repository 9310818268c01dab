"""The routes: each loads, builds a command (ids and time are minted there), calls and dumps."""

# Importing a module hangs its routes on the blueprint, in the order of the documentation.
from revenue_courts.entrypoints.http import advocate_routes as _advocates  # noqa: F401
from revenue_courts.entrypoints.http import case_routes as _cases  # noqa: F401
from revenue_courts.entrypoints.http import court_routes as _courts  # noqa: F401
from revenue_courts.entrypoints.http import day_routes as _days  # noqa: F401
from revenue_courts.entrypoints.http import notice_routes as _notices  # noqa: F401
from revenue_courts.entrypoints.http import officer_routes as _officers  # noqa: F401
from revenue_courts.entrypoints.http import search_routes as _searches  # noqa: F401
from revenue_courts.entrypoints.http.blueprint import blueprint

BLUEPRINTS = [blueprint]
