"""Files, and the same files as media of products."""

from pathlib import PurePosixPath
from typing import Any

from app.simulators.shopify import texts
from app.simulators.shopify.call import View


class FileView(View):
    """What pictures and other files have in common."""

    def file_status(self) -> str:
        """How far it is."""
        return str(self.row["status"])

    def file_errors(self) -> list[dict[str, Any]]:
        """Why it failed."""
        return [error | {"details": None} for error in self.row["errors"]]

    def preview(self) -> dict[str, Any]:
        """A small picture."""
        return {"status": self.row["status"], "image": None}

    def mime_type(self) -> str | None:
        """What it is, once it is known."""
        return self.row["mime_type"] if self.row["status"] == "READY" else None

    def _address(self) -> str:
        return f"{self.store.settings.home_url}/cdn/{self.row['path']}?v={self.row['updated']}"


class MediaImageView(FileView):
    """A picture."""

    typename = "MediaImage"

    def status(self) -> str:
        """How far it is."""
        return str(self.row["status"])

    media_errors = FileView.file_errors

    def media_content_type(self) -> str:
        """It is a picture."""
        return "IMAGE"

    def preview(self) -> dict[str, Any]:
        """The picture itself is its preview."""
        return {"status": self.row["status"], "image": self.image()}

    def image(self) -> dict[str, Any] | None:
        """The picture, once it is ready."""
        if self.row["status"] != "READY":
            return None
        return {
            "id": texts.gid("ImageSource", self.row["id"] + 1),
            "altText": self.row["alt"],
            "url": self._address(),
            "width": self.row["width"],
            "height": self.row["height"],
            "thumbhash": None,
        }


class GenericFileView(FileView):
    """A file that is no picture."""

    typename = "GenericFile"

    def original_file_size(self) -> int | None:
        """How big it is."""
        body = self.store.files.get(self.row["path"])
        return None if body is None else len(body)

    def url(self) -> str | None:
        """Where it can be read, once it is ready."""
        return self._address() if self.row["status"] == "READY" else None


def stem(name: str) -> str:
    """Return a file's name without its ending."""
    return PurePosixPath(name).stem
