"""`make generators`: three generators make clients of the running document, the clients make both journeys, two linters
find nothing, openid-client and jose sign somebody in, and the page that shows the document is used in a browser. Not
part of `make test`, which has one of the generators: the rest needs Node, Java and Chromium."""

import shutil
import sys
import tempfile
from pathlib import Path

from emitra_local.stack import Stack, disposable_stack
from tests.conftest import ROOT
from tests.generators import clients
from tests.support.platform import Platform

NEEDED = {
    "node": "nodejs",
    "npm": "npm",
    "java": "default-jre-headless",
    "chromium": "chromium",
}  # program and Debian package
CHECKS = [
    clients.lint,
    clients.with_openapi_python_client,
    clients.with_openapi_generator,
    clients.with_openapi_typescript,
    clients.with_openid_client,
    clients.documentation_page,
]


def main() -> int:
    missing = [package for program, package in NEEDED.items() if not shutil.which(program)]
    if missing:
        print(f"Missing on this machine: apt-get install {' '.join(missing)}")
        return 69
    failed = 0
    with disposable_stack(ROOT) as stack:
        platform = Platform(stack.run_info)
        register_rs256_app(stack)
        for check in CHECKS:
            with tempfile.TemporaryDirectory() as folder:
                try:
                    check(platform, Path(folder))
                except AssertionError as error:
                    failed += 1
                    print(f"✗ {check.__name__}\n{error}")
                else:
                    print(f"✓ {check.__name__}")
    print(f"{len(CHECKS) - failed} passed, {failed} failed")
    return int(failed > 0)


def register_rs256_app(stack: Stack) -> None:
    """An app as the sandbox's own but for its ID tokens."""
    app = next(client for client in stack.run_info["clients"] if client["kind"] == "app")
    words = ["--client-id", clients.RS256_APP, "--name", "Another app", "--kind", "app", "--id-token-alg", "RS256"]
    words += ["--redirect-uri", app["redirect_uris"][0], "--scope", "billers:read"]
    stack.services["identity"].command("create-client", *words)


if __name__ == "__main__":
    sys.exit(main())
