import socket
from collections.abc import Iterator

import pytest
import pytest_socket

from servicekit.testing import eventually


def test_a_unit_test_cannot_open_a_socket() -> None:
    with pytest.raises((pytest_socket.SocketBlockedError, UserWarning), match="socket"):
        socket.socket()


def test_eventually_returns_what_the_check_found_in_the_end() -> None:
    answers: Iterator[object] = iter([None, [], "found"])
    assert eventually(lambda: next(answers)) == "found"


def test_eventually_takes_a_failed_assertion_for_not_yet() -> None:
    calls: list[int] = []

    def check() -> int:
        calls.append(1)
        assert len(calls) == 3
        return 7

    assert eventually(check) == 7


def test_eventually_gives_up_and_shows_the_last_answer() -> None:
    with pytest.raises(AssertionError, match="''"):
        eventually(lambda: "", timeout_seconds=0.05)


def test_eventually_does_not_hide_other_failures() -> None:
    with pytest.raises(ZeroDivisionError):
        eventually(lambda: 1 / 0)


@pytest.mark.parametrize("value", ["plain", "राम", "a\\b\n", b"\xff"])
def test_an_id_of_a_test_is_plain_whatever_its_parameter_is(value: str | bytes, request: pytest.FixtureRequest) -> None:
    name = request.node.name
    assert name.isascii()
    assert "\\" not in name
    assert name.endswith(("[plain]", "[<930><93e><92e>]", "[a<5c>b<a>]", "[<ff>]"))
