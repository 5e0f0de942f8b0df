"""What the sync engine refuses."""

from app.core.errors import Conflicting, NotFound


class RunNotFound(NotFound):
    """No such run in this organization."""


class ConflictNotFound(NotFound):
    """No such conflict in this organization, or it was decided already."""

    sentence = "This conflict was decided already."


class AlreadyRunning(Conflicting):
    """The connection is being read already."""

    sentence = "This connection is being read already. Its progress is shown below."
