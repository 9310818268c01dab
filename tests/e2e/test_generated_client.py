"""A client that a stranger generates from the document at /openapi.json makes both journeys, unchanged.

`make generators` does the same with generators and linters that need Node and Java.
"""

from pathlib import Path

from tests.generators.clients import with_openapi_python_client
from tests.support.platform import Platform


def test_a_generated_client_pays_a_bill_and_gets_a_certificate(platform: Platform, tmp_path: Path) -> None:
    with_openapi_python_client(platform, tmp_path)
