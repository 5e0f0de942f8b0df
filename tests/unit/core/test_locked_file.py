"""A file locked with a passphrase: what opens it, and what each damage is called."""

import pytest

from app.core.errors import Invalid
from app.core.locked_file import lock_up, unlock

WORDS = "kettle and lamp"


@pytest.fixture(scope="module")
def locked() -> bytes:
    return lock_up(b"the settings", WORDS)


def refusal(file: bytes, passphrase: str = WORDS) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        unlock(file, passphrase)
    return refused.value.fields


def test_the_passphrase_opens_the_file(locked: bytes) -> None:
    assert unlock(locked, WORDS) == b"the settings"
    assert b"settings" not in locked


def test_no_two_files_are_alike(locked: bytes) -> None:
    assert lock_up(b"the settings", WORDS)[60:] != locked[60:]


def test_another_passphrase_is_named(locked: bytes) -> None:
    assert refusal(locked, "kettle and lamps") == {
        "passphrase": "This passphrase does not open the file."
    }


@pytest.mark.parametrize("at", [20, 60, -1])
def test_a_changed_byte_is_damage_and_not_a_wrong_passphrase(locked: bytes, at: int) -> None:
    changed = bytearray(locked)
    changed[at] ^= 1

    assert refusal(bytes(changed)) == {"file": "This file is damaged. Take another copy of it."}


@pytest.mark.parametrize("length", [18, 19, 50, 90])
def test_half_a_file_is_damaged(locked: bytes, length: int) -> None:
    assert "damaged" in refusal(locked[:length])["file"]


def test_a_file_of_another_version_says_which(locked: bytes) -> None:
    later = locked[:17] + b"\x02" + locked[18:]

    assert refusal(later)["file"].startswith("This file has version 2")


@pytest.mark.parametrize("file", [b"", b"PK\x03\x04", b"SYNCSTORE"])
def test_any_other_file_is_none_of_ours(file: bytes) -> None:
    assert refusal(file) == {"file": "This is not a file that SyncStore made."}


@pytest.mark.parametrize("passphrase", ["", "short", "x" * 201])
def test_a_passphrase_too_short_or_too_long_locks_nothing(passphrase: str) -> None:
    with pytest.raises(Invalid) as refused:
        lock_up(b"", passphrase)

    assert refused.value.fields == {"passphrase": "Use 12 to 200 characters."}
