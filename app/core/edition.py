"""Editions of code: what was remembered of its results is forgotten when the code changes."""

import hashlib
import secrets
import sys
from pathlib import Path


def edition_of(*places: Path) -> str:
    """Return a digest of the source of these files and folders, and of the Python that runs it.

    Where there is no source to look at, every process is an edition of its own.
    """
    files = [file for place in places for file in (sorted(place.rglob("*.py")) or [place])]
    digest = hashlib.sha256(sys.version.encode())
    try:
        for file in files:
            digest.update(file.read_bytes())
    except OSError:
        return secrets.token_hex(16)
    return digest.hexdigest()
