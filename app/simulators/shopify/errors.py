"""What the twin refuses, on its three layers: HTTP, top-level errors, errors of the user."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from graphql import GraphQLError

UserErrors: TypeAlias = list[dict[str, Any]]


class Refused(Exception):
    """The request ends before GraphQL: a status and the body Shopify sends with it."""

    def __init__(self, status: int, errors: Any, *, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status}: {errors}")
        self.status = status
        self.errors = errors
        self.headers = headers or {}


class TopError(GraphQLError):
    """An entry of `errors`, with its code in the extensions."""

    def __init__(self, message: str, code: str, **extensions: Any) -> None:
        super().__init__(message, extensions={"code": code, **extensions})
        self.code = code


def user_error(
    field: Sequence[object] | None, message: str, code: str | None = None
) -> dict[str, Any]:
    """Make an entry of `userErrors`; list positions in the path are texts there."""
    path = None if field is None else [str(part) for part in field]
    return {"field": path, "message": message, "code": code}
