"""One-time codes are told once each."""

from collections.abc import Sequence

from emitra_local.code_watch import CodeWatch


def code(number: int) -> dict[str, str]:
    return {"mobile": "9829000001", "code": f"{number:06}", "at": f"2026-11-26T10:00:{number:02}+00:00"}


def test_codes_that_came_since_are_told_once_and_old_ones_never() -> None:
    sent = [code(1)]
    told: list[Sequence[dict[str, str]]] = []
    watch = CodeWatch(lambda: list(sent), told.append)
    watch.look()
    sent += [code(2), code(3)]
    watch.look()
    watch.look()
    del sent[0]  # only the latest are kept
    sent.append(code(4))
    watch.look()
    assert told == [[code(2), code(3)], [code(4)]]
