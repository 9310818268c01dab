"""Writes shared/contracts/asyncapi.yaml: `.local/venvs/tests/bin/python -m tests.architecture.asyncapi`."""

import yaml

from emitra_contracts.asyncapi import platform_document
from tests.architecture.conftest import SERVICES, printed
from tests.conftest import ROOT

COMMITTED = ROOT / "shared" / "contracts" / "asyncapi.yaml"


def rendered() -> str:
    """The platform's document, made of what every service's own command prints."""
    document = platform_document(yaml.safe_load(printed(service, "asyncapi")) for service in SERVICES)
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)


if __name__ == "__main__":
    COMMITTED.write_text(rendered())
