"""The supervisor of `make run`, from outside: a process with children that are hard to lose."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

PROJECT = Path(__file__).resolve().parents[3]
SUPERVISE = """
import sys
from pathlib import Path
from workers.supervisor import Ended, Program, StepFailed, Supervisor
supervisor = Supervisor(Path(sys.argv[1]), lambda line: print(line, flush=True))
try:
    if len(sys.argv) > 2:
        print(supervisor.run(Program("step", [sys.executable, "-c", sys.argv[2]])), flush=True)
    supervisor.keep(Program("sleeper", ["sleep", "1000"]))
    supervisor.keep(Program("parent", ["sh", "-c", "sleep 1001 & wait"]))
    print("watching", flush=True)
    while True:
        supervisor.watch()
except Ended:
    print("ended", flush=True)
except StepFailed as failure:
    print(failure, flush=True)
finally:
    supervisor.end()
"""


@pytest.fixture
def supervising(tmp_path: Path) -> Iterator[psutil.Popen]:
    process = psutil.Popen(
        [sys.executable, "-c", SUPERVISE, str(tmp_path)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process.stdout:
        assert process.stdout.readline() == "watching\n"
        assert eventually(lambda: len(commands(process)) == 3)
        yield process
        if process.is_running():
            process.terminate()
    process.wait()


def commands(process: psutil.Popen) -> list[str]:
    """What runs below it, by command, without those about to be something else."""
    lines = (" ".join(child.cmdline()) for child in process.children(recursive=True))
    return sorted(line for line in lines if line.startswith(("sleep", "sh -c")))


def eventually(holds: Callable[[], bool], *, seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if holds():
                return True
        except (psutil.Error, ValueError):  # between a death and the next start
            pass
        time.sleep(0.02)
    return False


def is_alive(process: psutil.Process) -> bool:
    """Dead ones that nobody has buried yet do not count."""
    return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)


def child(process: psutil.Popen, command: str) -> psutil.Process:
    (found,) = (c for c in process.children(recursive=True) if " ".join(c.cmdline()) == command)
    return found


def test_a_killed_program_is_started_again(supervising: psutil.Popen) -> None:
    assert eventually(lambda: child(supervising, "sleep 1000").is_running())
    victim = child(supervising, "sleep 1000")

    victim.kill()

    assert supervising.stdout.readline().startswith("sleeper was killed (SIGKILL) and is started")
    assert eventually(lambda: child(supervising, "sleep 1000").pid != victim.pid)


def test_what_a_killed_program_leaves_behind_goes_with_it(supervising: psutil.Popen) -> None:
    assert eventually(lambda: child(supervising, "sleep 1001").is_running())
    orphan = child(supervising, "sleep 1001")

    orphan.parent().kill()

    assert eventually(lambda: not is_alive(orphan))
    assert eventually(lambda: child(supervising, "sleep 1001").pid != orphan.pid)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_being_asked_to_end_leaves_no_process(
    supervising: psutil.Popen, number: signal.Signals
) -> None:
    family = supervising.children(recursive=True)

    supervising.send_signal(number)

    assert supervising.wait(timeout=20) == 0
    assert eventually(lambda: not any(is_alive(process) for process in family))


def test_children_end_when_the_supervisor_is_killed(supervising: psutil.Popen) -> None:
    family = supervising.children()

    supervising.kill()

    assert eventually(lambda: not any(is_alive(process) for process in family))


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("print('four mugs')", "four mugs"),
        ("raise SystemExit('The mugs are broken.')", "  The mugs are broken."),
    ],
)
def test_a_step_answers_with_what_it_said(tmp_path: Path, step: str, said: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SUPERVISE, str(tmp_path), step],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
    )

    lines = []
    assert process.stdout is not None
    with process.stdout:
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            if line == "watching\n":
                process.terminate()
    process.wait()

    assert said in lines
