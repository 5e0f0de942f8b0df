"""Shopify's own schemas, out of its npm package: `python -m tests.official` fetches them once.

The package is taken alone, without the hundreds it depends on, and held to a digest (ADR 0015).
Whoever asks first fetches it; without a network and without a copy the run fails with a sentence.
"""

import base64
import gzip
import hashlib
import json
import shutil
import sys
import tarfile
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, Final

from graphql import GraphQLSchema, build_client_schema

from app.adapters.shopify import schema as pinned
from workers.assets import PROJECT, AssetsFailed, npm

PACKAGE: Final = "@shopify/dev-mcp"
RELEASE: Final = "1.16.0"
INTEGRITY: Final = (
    "sha512-tqgRnK7sQhjew+htxtleTH23nXB5fZcsrhWgEkomsorGXvLOB2mh2up"
    "wZm8uzuTDNTZnqtLMe64yIwh6s2awtw=="
)
PINNED: Final = pinned.VERSION
# What the next version grows from: the package does not carry a release candidate after ours.
COMING: Final = "unstable"
FOLDER: Final = PROJECT / "var" / "official" / f"shopify-{RELEASE}"


@cache
def schema(version: str) -> GraphQLSchema:
    """Return Shopify's schema of a version, built once per process."""
    return build_client_schema(_read(version)["data"], assume_valid=True)


@cache
def scopes(version: str) -> dict[str, list[str]]:
    """Return type, or type.field → scopes of which one is enough; what needs none is left out."""
    return {
        ".".join(filter(None, (each["typeName"], each.get("fieldName")))): each["offlineScopes"]
        for each in _read(version)["offline_scopes"]["items"]
        if each["offlineScopes"]
    }


def _read(version: str) -> Any:
    return json.loads(gzip.decompress((fetched() / _name(version)).read_bytes()))


def _name(version: str) -> str:
    return f"admin_{version}.json.gz"


def fetched() -> Path:
    """Return the folder with the schemas, fetched if need be; workers may come at once."""
    if FOLDER.exists():
        return FOLDER
    FOLDER.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=FOLDER.parent))
    try:
        _unpack(_packed(work), work / "taken")
        (work / "taken").rename(FOLDER)
    except OSError:
        if not FOLDER.exists():  # another worker was faster
            raise
    finally:
        shutil.rmtree(work)
    return FOLDER


def _packed(folder: Path) -> Path:
    npm(
        *(PROJECT, "pack", f"{PACKAGE}@{RELEASE}", "--ignore-scripts", "--loglevel=error"),
        *("--pack-destination", str(folder)),
    )
    (found,) = folder.glob("*.tgz")
    digest = base64.b64encode(hashlib.sha512(found.read_bytes()).digest()).decode()
    if f"sha512-{digest}" != INTEGRITY:
        raise AssetsFailed(f"{PACKAGE} {RELEASE} is not the package it was when it was chosen.")
    return found


def _unpack(archive: Path, folder: Path) -> None:
    folder.mkdir()
    with tarfile.open(archive) as packed:
        for version in (PINNED, COMING):
            member = packed.extractfile(f"package/dist/data/{_name(version)}")
            if member is None:
                raise AssetsFailed(f"{PACKAGE} {RELEASE} has no schema of {version}.")
            (folder / _name(version)).write_bytes(member.read())


if __name__ == "__main__":
    try:
        fetched()
    except AssetsFailed as failure:
        sys.exit(f"Shopify's schemas could not be fetched. {failure}")
