"""The data of a test stack's servers: in memory where there is room, and there no longer than the stack."""

from pathlib import Path

import pytest

from emitra_local import stack_folder


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shm"
    folder.mkdir()
    monkeypatch.setattr(stack_folder, "MEMORY", folder)
    monkeypatch.setattr(stack_folder, "MEMORY_NEEDED_BYTES", 1)
    return folder


@pytest.fixture
def state(tmp_path: Path) -> Path:
    made = tmp_path / "test-1"
    made.mkdir()
    return made


def test_data_in_memory_are_for_this_user_alone_and_go_with_the_stack(memory: Path, state: Path) -> None:
    taken = stack_folder.take_memory(state)
    assert taken is not None
    assert taken.parent == memory
    assert taken.stat().st_mode & 0o777 == 0o700
    stack_folder.delete_test_stack(state)
    assert not taken.exists()
    assert not state.exists()


def test_a_stack_begins_without_what_one_of_that_place_left(memory: Path, state: Path) -> None:
    left = stack_folder.take_memory(state)
    assert left is not None
    (left / "mongod").mkdir()
    again = stack_folder.take_memory(state)
    assert again == left
    assert not (again / "mongod").exists()


def test_what_is_left_of_a_stack_whose_folder_was_deleted_is_deleted_and_no_other(
    memory: Path, state: Path, tmp_path: Path
) -> None:
    gone = tmp_path / "test-2"
    gone.mkdir()
    of_gone, of_one_that_runs = stack_folder.take_memory(gone), stack_folder.take_memory(state)
    (memory / "of-another-program").mkdir()
    gone.rmdir()
    stack_folder.delete_orphaned_memory()
    assert of_gone is not None
    assert of_one_that_runs is not None
    assert not of_gone.exists()
    assert of_one_that_runs.exists()
    assert (memory / "of-another-program").exists()


def test_where_there_is_no_room_nothing_is_taken(memory: Path, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack_folder, "MEMORY_NEEDED_BYTES", 2**60)
    assert stack_folder.take_memory(state) is None
    monkeypatch.setattr(stack_folder, "MEMORY", memory / "none")
    assert stack_folder.take_memory(state) is None
    assert list(memory.iterdir()) == []
