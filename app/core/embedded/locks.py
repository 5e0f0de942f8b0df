"""Advisory file locks: the kernel keeps the count and forgets the dead."""

import fcntl
from pathlib import Path
from typing import IO


def lock_shared(path: Path) -> IO[bytes]:
    """Hold `path` together with others until the returned file is closed; waits."""
    return _locked(path, fcntl.LOCK_SH)


def lock_alone(path: Path) -> IO[bytes]:
    """Hold `path` alone until the returned file is closed; waits."""
    return _locked(path, fcntl.LOCK_EX)


def try_lock_alone(path: Path) -> IO[bytes] | None:
    """Hold `path` alone, or None at once when anybody holds it."""
    try:
        return _locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return None


def is_free(path: Path) -> bool:
    """Whether nobody holds `path` alone."""
    try:
        _locked(path, fcntl.LOCK_SH | fcntl.LOCK_NB).close()
    except BlockingIOError:
        return False
    return True


def _locked(path: Path, how: int) -> IO[bytes]:
    file = path.open("ab")
    try:
        fcntl.flock(file, how)
    except BaseException:
        file.close()
        raise
    return file
