"""Running servers with less than we have, and no longer than we live (Linux; elsewhere a no-op)."""

import ctypes
import os
import pwd
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from app.core.embedded.errors import ServersUnavailable

_SET_PDEATHSIG, _SET_KEEPCAPS, _SET_SECUREBITS, _CAP_AMBIENT = 1, 8, 28, 47
_CAP_AMBIENT_RAISE, _NO_SETUID_FIXUP = 2, 1 << 2
_CAPABILITIES_V3 = 0x20080522
_DAC_OVERRIDE = 1
_REFUSED = (
    "PostgreSQL refuses to run as root, and this machine lets root start nothing as another user. "
    "Start SyncStore as a normal user, or set DATABASE_URL and REDIS_URL."
)


def lesser_user() -> pwd.struct_passwd | None:
    """The user the servers run as when we are root; None when we already are somebody."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def give_up_root() -> None:
    """Become the lesser user for good, keeping only the right to walk through closed folders.

    The checkout may lie below a folder that only root enters, such as /root. Instead of opening
    that folder to everybody we keep CAP_DAC_OVERRIDE as an ambient capability, which children
    inherit.
    """
    user = lesser_user()
    if user is None:
        return
    if sys.platform != "linux":
        raise ServersUnavailable(_REFUSED)
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        # Without this access(2), which initdb and postgres ask about their programs, forgets the
        # right. A machine that refuses it still runs them below folders open to all.
        libc.prctl(_SET_SECUREBITS, _NO_SETUID_FIXUP, 0, 0, 0)
        _checked(libc.prctl(_SET_KEEPCAPS, 1, 0, 0, 0))
        os.setgroups([])
        os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
        os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)
        wanted = 1 << _DAC_OVERRIDE
        header = (ctypes.c_uint32 * 2)(_CAPABILITIES_V3, 0)
        sets = (ctypes.c_uint32 * 6)(wanted, wanted, wanted, 0, 0, 0)
        _checked(libc.capset(header, sets))
        _checked(libc.prctl(_CAP_AMBIENT, _CAP_AMBIENT_RAISE, _DAC_OVERRIDE, 0, 0))
    except OSError as error:
        raise ServersUnavailable(_REFUSED) from error
    os.environ["HOME"] = str(Path(os.sep))


def tied_to_parent(last_signal: signal.Signals) -> Callable[[], None]:
    """What a child runs before exec: unblock signals, and get `last_signal` if the parent dies."""
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def tie() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        if libc is not None:
            libc.prctl(_SET_PDEATHSIG, int(last_signal), 0, 0, 0)

    return tie


def _checked(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), "refused")
