"""The routes, by area. Each loads, builds a command (ids and time are minted there), calls and dumps."""

# Importing an area hangs its routes on the blueprint, in the order of the documentation.
from certificates.entrypoints.http.types import routes as _types  # noqa: F401, I001
from certificates.entrypoints.http.drafts import routes as _drafts  # noqa: F401
from certificates.entrypoints.http.applications import routes as _applications  # noqa: F401
from certificates.entrypoints.http.standing import routes as _standing  # noqa: F401
from certificates.entrypoints.http.attachments import routes as _attachments  # noqa: F401
from certificates.entrypoints.http.officers import routes as _officers  # noqa: F401
from certificates.entrypoints.http.likenesses import routes as _likenesses  # noqa: F401
from certificates.entrypoints.http.certificates import routes as _certificates  # noqa: F401
from certificates.entrypoints.http.credentials import routes as _credentials  # noqa: F401
from certificates.entrypoints.http.revocations import routes as _revocations  # noqa: F401
from certificates.entrypoints.http.transactions import routes as _transactions  # noqa: F401
from certificates.bootstrap import Certificates
from certificates.entrypoints.http.blueprint import blueprint
from servicekit.personal import own_part

BLUEPRINTS = [blueprint, own_part("certificates", Certificates)]
