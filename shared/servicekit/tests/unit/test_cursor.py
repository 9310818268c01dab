import pytest

from servicekit.errors import ValidationFailed
from servicekit.http import Cursor


def test_a_cursor_comes_back_as_it_was_given() -> None:
    position = {"after": "pay_1", "at": 1732371583, "name": "जयपुर"}
    assert Cursor("secret").decode(Cursor("secret").encode(position)) == position


@pytest.mark.parametrize("text", ["", "x", "a.b", "é", "a" * 2000, "\x00"])
def test_what_is_no_cursor_is_refused_at_its_parameter(text: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        Cursor("secret").decode(text)
    assert caught.value.errors[0].pointer == "?cursor"


def test_a_changed_cursor_or_one_of_another_service_is_refused() -> None:
    made = Cursor("secret").encode({"after": "pay_1"})
    for forged in ("A" + made[1:], made[:-1], made + "A"):
        with pytest.raises(ValidationFailed):
            Cursor("secret").decode(forged)
    with pytest.raises(ValidationFailed):
        Cursor("other").decode(made)


def test_a_cursor_of_another_list_is_refused_where_it_is_read() -> None:
    position = Cursor("secret").decode(Cursor("secret").encode({"after": "pay_1"}))
    assert position == {"after": "pay_1"}
    assert position.get("state") is None
    with pytest.raises(ValidationFailed) as caught:
        position["begun_at"]
    assert caught.value.errors[0].pointer == "?cursor"


def test_a_list_goes_on_behind_its_own_item_and_begins_without_a_cursor() -> None:
    filters = {"district": "102", "status": None}
    cursor = Cursor("secret")
    assert cursor.after(cursor.encode({**filters, "after": "ksk_1"}), filters, str) == "ksk_1"
    assert cursor.after(cursor.encode({"operation": "opn_1", "after": 7}), {"operation": "opn_1"}, int) == 7
    assert cursor.after(None, filters, str) is None


@pytest.mark.parametrize(
    "position",
    [
        {"after": "ksk_1"},
        {"district": "107", "status": None, "after": "ksk_1"},
        {"district": "102", "status": None, "after": "ksk_1", "more": 1},
        {"district": "102", "status": None, "after": 1},
        {"district": "102", "status": None},
    ],
    ids=["no filters", "another filter", "one filter more", "another kind", "no item"],
)
def test_a_position_with_other_filters_is_refused_in_both_languages(position: dict[str, object]) -> None:
    with pytest.raises(ValidationFailed) as caught:
        Cursor("secret").after(Cursor("secret").encode(position), {"district": "102", "status": None}, str)
    (problem,) = caught.value.errors
    assert (problem.pointer, problem.code) == ("?cursor", "invalid-cursor")
    assert problem.detail_hi
