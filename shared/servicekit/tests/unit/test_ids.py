import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicekit import ids

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def test_public_ids_are_prefixed_unique_and_sort_in_the_order_made() -> None:
    made = [ids.public_id("pay") for _ in range(200)]
    assert all(re.fullmatch(r"pay_[0-9a-f]{32}", one) for one in made)
    assert made == sorted(set(made))


def test_event_ids_are_version_7_uuids() -> None:
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", ids.event_id())


def test_a_transaction_token_is_em_and_thirteen_characters_with_a_valid_check() -> None:
    for _ in range(100):
        token = ids.transaction_token()
        assert re.fullmatch(f"EM[{CROCKFORD}]{{13}}", token)
        assert ids.is_transaction_token(token)


def test_every_place_of_a_transaction_token_takes_every_character_whatever_is_beside_it() -> None:
    # That one of 32 characters is missing at one of 12 places among 2,000 happens once in 10^25; of the 1,024 pairs of
    # neighbours some 880 are seen, and 64 if they shared all bits but one.
    tokens = [ids.transaction_token() for _ in range(2_000)]
    assert [len({token[place] for token in tokens}) for place in range(2, 14)] == [32] * 12
    assert min(len({token[place : place + 2] for token in tokens}) for place in range(2, 13)) > 700


@given(st.integers(2, 14), st.sampled_from(CROCKFORD))
def test_any_single_wrong_character_of_a_token_is_noticed(place: int, character: str) -> None:
    token = ids.transaction_token()
    wrong = token[:place] + character + token[place + 1 :]
    assert ids.is_transaction_token(wrong) == (wrong == token)


@pytest.mark.parametrize("text", ["", "EM", "EM0", "em" + "0" * 13, "XX" + "0" * 13, "EM" + "0" * 14, "EM" + "U" * 13])
def test_what_is_not_a_token_is_not_taken_for_one(text: str) -> None:
    assert not ids.is_transaction_token(text)


@given(st.lists(st.sampled_from(["", " ", "-", "\n", "\u200b"]), min_size=15, max_size=15), st.booleans())
def test_a_token_is_read_as_people_write_it(between: list[str], small: bool) -> None:
    token = ids.transaction_token()
    written = "".join(map("".join, zip(between, token, strict=True)))
    misread = written[:2] + written[2:].replace("0", "O").replace("1", "l")
    for text in (written, misread):
        assert ids.read_transaction_token(text.lower() if small else text) == token


def test_what_is_no_token_however_it_is_written_is_not_read() -> None:
    for text in ("", "EM", "7" * 15, "EM" + "U" * 13, "EM" + "0" * 14, "EM" + "०" * 13):
        assert ids.read_transaction_token(text) is None
