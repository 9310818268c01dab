"""The words in which a transaction is told to everybody."""

import re

import pytest

from gateway.entrypoints.consumers import CONSUMERS
from gateway.entrypoints.transaction_lookups import MEANINGS, OTHER, STEPS, Words
from gateway.entrypoints.transactions import APPLICATION_STATES, PAYMENT_STATUSES

_DEVANAGARI = re.compile(r"[\u0900-\u097f]")


def test_every_status_and_every_event_of_the_view_has_words() -> None:
    assert set(MEANINGS) == {
        *(("payment", status) for status in PAYMENT_STATUSES),
        *(("application", status) for status in APPLICATION_STATES),
    }
    of_the_view = [
        consumer.event
        for consumer in CONSUMERS
        if consumer.producer in {"billing", "certificates", "revenue-courts"} or consumer.event.startswith("opening.")
    ]
    assert set(STEPS) == {event.rpartition(".v")[0] for event in of_the_view}


@pytest.mark.parametrize(
    "words",
    [
        *STEPS.values(),
        *(words for meaning in (*MEANINGS.values(), OTHER) for words in (meaning.name, meaning.following)),
    ],
    ids=lambda words: words.en[:30],
)
def test_every_text_is_in_both_languages(words: Words) -> None:
    assert words.en
    assert not _DEVANAGARI.search(words.en)
    assert _DEVANAGARI.search(words.hi)
