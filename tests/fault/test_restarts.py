"""`make restart` while people pay: nobody is refused, and nothing is cut off."""

import pytest

from emitra_local.problems import CannotStart
from emitra_local.restart import restart_service
from emitra_local.stack import Stack
from tests.support.platform import Platform
from tests.support.settled import assert_each_paid_once
from tests.support.traffic import Traffic

# Together they send some fifty requests a second.
CLIENTS = 12
PAYMENTS_AROUND = 20


def restarted(stack: Stack, service: str) -> list[str]:
    """The service's programs that have another pid than before."""
    programs = [program for program in stack.program_names() if program.startswith(f"{service}-")]
    before = {program: stack.pid(program) for program in programs if not program.endswith("-simulator")}
    restart_service(stack.root, stack.state, service, lambda _: None)
    return [program for program, pid in before.items() if stack.pid(program) not in {0, pid}]


@pytest.mark.parametrize(
    "service",
    [
        "gateway",
        pytest.param("billing", marks=pytest.mark.long),
        pytest.param("certificates", marks=pytest.mark.long),
        pytest.param("identity", marks=pytest.mark.long),
        pytest.param("kiosk-registry", marks=pytest.mark.long),
    ],
)
def test_a_service_that_is_restarted_fails_no_request(service: str, stack: Stack, platform: Platform) -> None:
    with Traffic(platform, fees=True, clients=CLIENTS) as traffic:
        traffic.more(PAYMENTS_AROUND)
        assert f"{service}-api" in restarted(stack, service)
        traffic.more(PAYMENTS_AROUND)
    assert not traffic.refusals
    assert_each_paid_once(stack, traffic.promised)


def test_an_api_that_cannot_start_again_leaves_the_old_one_serving(stack: Stack, platform: Platform) -> None:
    before = stack.pid("billing-api")
    described = stack.state / "programs" / "billing-api.json"
    kept = described.read_text()
    described.write_text(kept.replace('"env": {', '"env": {"HTTP_THREADS": "0", ', 1))
    try:
        with pytest.raises(CannotStart, match="HTTP_THREADS"):
            restart_service(stack.root, stack.state, "billing", lambda _: None)
    finally:
        described.write_text(kept)
    assert stack.pid("billing-api") == before
    assert platform.client("kiosk-jaipur").get("/v1/billers").status == 200


@pytest.mark.parametrize("name", ["", "mongod", "biller-simulator", "no-such"])
def test_what_is_no_service_of_this_stack_is_refused_by_name(name: str, stack: Stack) -> None:
    with pytest.raises(CannotStart, match="SERVICE is one of billing, "):
        restart_service(stack.root, stack.state, name, lambda _: None)
