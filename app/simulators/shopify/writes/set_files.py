"""The files of productSet: what stays, what is new, and what variants may show."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.simulators.shopify.core import StoreCore
from app.simulators.shopify.errors import UserErrors, user_error
from app.simulators.shopify.writes import attachments
from app.simulators.storage import Row


@dataclass
class SetFiles:
    """The list of files an input gives; None leaves the product's media alone."""

    store: StoreCore
    given: list[Mapping[str, Any]] | None
    held: list[int]
    by_source: dict[str, int] = field(default_factory=dict)

    def write(self) -> list[int] | None:
        """Take in what is new; returns the ids in order."""
        if self.given is None:
            return None
        return [self._write_one(each) for each in self.given]

    def _write_one(self, given: Mapping[str, Any]) -> int:
        number = attachments.file_number(self.store, given.get("id"))
        if number is None:
            # The same source again is a new copy: Shopify compares no pictures.
            number = int(attachments.take(self.store, given)["id"])
            self.by_source[given["originalSource"]] = number
        elif given.get("alt") is not None:
            self.store.media.put(self.store.media.rows[number] | {"alt": given["alt"]})
        return number

    def of_variant(self, given: Mapping[str, Any]) -> int | None:
        """Return the file a variant shows."""
        number = attachments.file_number(self.store, given.get("id"))
        return number or self.by_source.get(given.get("originalSource") or "")

    def has(self, given: Mapping[str, Any]) -> bool:
        """Say whether a variant's file is among the product's."""
        if self.given is None:
            return attachments.file_number(self.store, given.get("id")) in self.held
        wanted = [(each.get("id"), each.get("originalSource")) for each in self.given]
        return (given.get("id"), given.get("originalSource")) in wanted


def set_files(store: StoreCore, row: Row, given: Mapping[str, Any], errors: UserErrors) -> SetFiles:
    """Read the files of an input and note what is wrong with them."""
    files = SetFiles(store, given.get("files"), row["media"])
    for at, each in enumerate(files.given or []):
        path = ["input", "files", at]
        if each.get("id") and attachments.file_number(store, each["id"]) is None:
            errors.append(user_error([*path, "id"], "File does not exist", "INVALID_INPUT"))
        elif not each.get("id") and not _is_source(store, each):
            message = "Invalid image url: the original source is not a valid address"
            errors.append(user_error([*path, "originalSource"], message, "INVALID_INPUT"))
    if len(files.given or []) > attachments.MOST_MEDIA:
        message = "Exceeded the limit of 250 media for a product"
        errors.append(user_error(["input", "files"], message, "INVALID_INPUT"))
    for at, each in enumerate(given.get("variants") or []):
        if each.get("file") and not files.has(each["file"]):
            message = "A variant's file must also be in the files of the product"
            path = ["input", "variants", at, "file"]
            errors.append(user_error(path, message, "INVALID_INPUT"))
    return files


def _is_source(store: StoreCore, given: Mapping[str, Any]) -> bool:
    source = given.get("originalSource")
    return bool(source) and attachments.is_address(store, str(source))
