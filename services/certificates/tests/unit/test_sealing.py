"""Files are sealed under keys of their own, which the service's keys seal."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from joserfc.jwk import OctKey

from certificates.adapters.attachments.aes_siv_sealing import AesSivSealing
from certificates.domain.attachments.attachment import Attachment, MediaType, State
from servicekit.errors import DependencyUnavailable


def a_key(kid: str) -> OctKey:
    return OctKey.generate_key(256, {"kid": kid})


FIRST, SECOND = a_key("one"), a_key("two")


def attachment(sealing: AesSivSealing, id: str = "att_1") -> Attachment:
    return Attachment(
        id=id,
        client_id="cli_portal",
        kiosk_id=None,
        person_id=None,
        media_type=MediaType.PDF,
        size_bytes=100,
        sha256="0" * 64,
        piece_bytes=16384,
        sealed_key=sealing.new_key(id),
        state=State.RECEIVING,
        created_at=datetime(2026, 11, 23, tzinfo=UTC),
        expires_at=None,
    )


def test_what_was_sealed_opens_and_says_nothing_before() -> None:
    sealing = AesSivSealing([FIRST])
    mine = attachment(sealing)
    sealed = sealing.seal(mine, "file", b"Test Citizen One")
    assert b"Citizen" not in sealed
    assert sealing.open(mine, "file", sealed) == b"Test Citizen One"


def test_a_step_that_is_repeated_seals_the_same_bytes_and_another_attachment_other_ones() -> None:
    sealing = AesSivSealing([FIRST])
    mine, other = attachment(sealing), attachment(sealing, "att_2")
    assert sealing.seal(mine, "file", b"x") == sealing.seal(mine, "file", b"x") != sealing.seal(other, "file", b"x")


def test_nothing_opens_in_the_place_of_something_else() -> None:
    sealing = AesSivSealing([FIRST])
    mine, other = attachment(sealing), attachment(sealing, "att_2")
    sealed = sealing.seal(mine, "piece 1", b"x" * 64)
    for attachment_, part, content in (
        (mine, "piece 2", sealed),
        (other, "piece 1", sealed),
        (mine, "piece 1", sealed[:-1]),
        (replace(mine, sealed_key=other.sealed_key), "piece 1", sealed),
    ):
        with pytest.raises(ValueError, match=r"of this thing|of another thing"):
            sealing.open(attachment_, part, content)


def test_a_new_first_key_seals_and_the_old_one_opens_until_all_are_sealed_anew() -> None:
    old = AesSivSealing([FIRST])
    mine = attachment(old)
    sealed = old.seal(mine, "file", b"x")
    both = AesSivSealing([SECOND, FIRST])
    assert both.open(mine, "file", sealed) == b"x"

    anew = replace(mine, sealed_key=both.resealed(mine))

    assert AesSivSealing([SECOND]).open(anew, "file", sealed) == b"x"
    with pytest.raises(DependencyUnavailable, match="none of the service's keys"):
        AesSivSealing([SECOND]).open(mine, "file", sealed)


def test_without_keys_no_file_is_taken() -> None:
    with pytest.raises(DependencyUnavailable, match="ATTACHMENT_KEYS"):
        AesSivSealing([]).new_key("att_1")
