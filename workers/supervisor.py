"""Programs kept running side by side: started, watched, started again, ended together.

A child runs in a session of its own, so that Ctrl-C reaches only us and what it leaves behind can
be found. The kernel ends it when we die (`tied_to_parent`). Signals are blocked and waited for,
never handled: nothing happens between two lines.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from app.core.embedded.privileges import tied_to_parent

ENDING = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
AWAITED = ENDING | {signal.SIGCHLD}
END_SECONDS = 5.0
STEADY_SECONDS = 30.0
LONGEST_PAUSE = 10.0
OLD_LOG_BYTES = 20_000_000


class Ended(Exception):
    """Somebody asked us to end: Ctrl-C, a signal, a closed terminal."""


class StepFailed(Exception):
    """A program that had to succeed did not; the text says where its reason stands."""


@dataclass(frozen=True)
class Program:
    """A command with the variables it gets beside our own; `name` is its log file's too."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


class Child:
    """One program and its process of the moment."""

    def __init__(self, program: Program, logs: Path) -> None:
        """Nothing is started yet; `logs` exists."""
        self.program = program
        self.log = logs / f"{program.name}.log"
        self.deaths = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._next_start_at = 0.0

    def start(self, said: IO[bytes] | None = None) -> None:
        """Start the program; its errors go to the log, its standard output too unless `said`."""
        if self.log.exists() and self.log.stat().st_size > OLD_LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.program.command,
                env={**os.environ, **self.program.environment},
                stdin=subprocess.DEVNULL,
                stdout=said or log,
                stderr=log,
                start_new_session=True,
                preexec_fn=tied_to_parent(signal.SIGTERM),
            )
        self._started_at = time.monotonic()

    @property
    def pid(self) -> int:
        """The process id, of a dead process too; it names the session of what it left behind."""
        return self._process.pid if self._process else 0

    def exit_code(self) -> int | None:
        """None while it runs, else how it ended; negative: the signal that killed it."""
        return self._process.poll() if self._process else 0

    def mourn(self) -> None:
        """Count a death, clear up after it and set the moment of the next start."""
        steady = time.monotonic() - self._started_at > STEADY_SECONDS
        self.deaths = 1 if steady else self.deaths + 1
        pause = min(0.2 * 2 ** (self.deaths - 1), LONGEST_PAUSE)
        self._next_start_at = time.monotonic() + pause
        kill_session(self.pid)
        self._process = None

    def start_if_due(self) -> None:
        """Start again after the pause."""
        if self._process is None and time.monotonic() >= self._next_start_at:
            self.start()

    def ask_to_end(self) -> None:
        """Send SIGTERM."""
        if self._process is not None:
            self._process.terminate()

    def end_by(self, deadline: float) -> None:
        """Return when it and all it started are gone; after the deadline by force."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        kill_session(self.pid)

    def last_lines(self) -> str:
        """The end of its log, for the console."""
        lines = self.log.read_text(errors="replace").splitlines()[-12:]
        return "\n".join(f"  {line}" for line in lines)


class Supervisor:
    """The children of one terminal."""

    def __init__(self, logs: Path, say: Callable[[str], None]) -> None:
        """From here on signals reach us through `wait` alone."""
        # Under nohup a closed terminal is no reason to end.
        deaf = {s for s in ENDING if s == signal.SIGHUP and signal.getsignal(s) == signal.SIG_IGN}
        self._awaited = AWAITED - deaf
        signal.pthread_sigmask(signal.SIG_BLOCK, self._awaited)
        self._logs = logs
        self._say = say
        self._children: list[Child] = []
        self._step: Child | None = None

    def run(self, program: Program) -> str:
        """Run a program to its end; returns what it said, raises StepFailed if it failed."""
        with TemporaryFile() as said:
            self._step = Child(program, self._logs)
            self._step.start(said)
            while (code := self._step.exit_code()) is None:
                self.watch()
            if code != 0:
                why = f"see {self._step.log}:\n{self._step.last_lines()}"
                raise StepFailed(f"{program.name} failed, {why}")
            self._step = None
            said.seek(0)
            return said.read().decode(errors="replace")

    def keep(self, program: Program) -> Child:
        """Start a program that is started again whenever it ends."""
        child = Child(program, self._logs)
        child.start()
        self._children.append(child)
        return child

    def watch(self, seconds: float = 1.0) -> None:
        """Wait for the next thing to happen and see to the dead; raises Ended."""
        self.wait(seconds)
        for child in self._children:
            code = child.exit_code()
            if code is not None and child.pid:
                child.mourn()
                self._say(f"{child.program.name} {_ended(code)} and is started again: {child.log}")
            child.start_if_due()

    def wait(self, seconds: float) -> None:
        """Sleep until a child ends or the time is over; raises Ended when we are asked to end."""
        happened = signal.sigtimedwait(self._awaited, seconds)
        if happened is not None and happened.si_signo in ENDING:
            raise Ended

    def end(self) -> None:
        """End all children, last started first asked, within END_SECONDS."""
        deadline = time.monotonic() + END_SECONDS
        running = [*([self._step] if self._step else []), *reversed(self._children)]
        for child in running:
            child.ask_to_end()
        for child in running:
            child.end_by(deadline)
        self._children.clear()


def kill_session(session: int) -> None:
    """Kill what is left of a dead child's session: workers of a web server, a job half done."""
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(after_name[3]) == session:
            _kill(int(entry.parent.name))


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _ended(code: int) -> str:
    if code < 0:
        return f"was killed ({signal.Signals(-code).name})"
    return f"ended with code {code}"
