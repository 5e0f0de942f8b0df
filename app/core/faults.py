"""Named points between the steps of a flow, where crash tests end the process.

`FAULT_AT=push.sent` in the environment kills this process, as kill -9 would, the first time the
flow passes that point; `FAULT_FILE` remembers that it did, so that the restarted process passes.
Without the variable a point costs one look-up.
"""

import os
import signal
from pathlib import Path


def point(name: str) -> None:
    """Pass a named point; ends the process there when the environment says so."""
    if os.environ.get("FAULT_AT") != name:
        return
    done = Path(os.environ["FAULT_FILE"])
    if not done.exists():
        done.write_text(name)
        os.kill(os.getpid(), signal.SIGKILL)
