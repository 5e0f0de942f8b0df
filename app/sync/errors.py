"""What the sync engine refuses."""

from app.core.errors import Conflicting, NotFound, Stale


class RunNotFound(NotFound):
    """No such run in this organization."""


class NotPausable(Conflicting):
    """The run ended, or stands otherwise than thought."""

    sentence = "This run cannot be paused or resumed any more. Its page shows how it stands."


class ConflictNotFound(NotFound):
    """No such conflict in this organization, or it was decided already."""

    sentence = "This conflict was decided already."
    absent = NotFound.sentence


class ConflictMoved(Stale):
    """A value of a conflict is no longer the one the person decided about."""

    sentence = (
        "One of the two values changed while you were deciding. Nothing was written; the new values"
        " are shown below."
    )


class TaskNotFound(NotFound):
    """No such parked task in this organization."""

    sentence = "This task is parked no more: it was tried again, discarded, or done since."


class AlreadyRunning(Conflicting):
    """The connection is being read already."""

    sentence = "This connection is being read already. Its progress is shown below."
