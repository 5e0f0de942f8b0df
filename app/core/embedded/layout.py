"""Where the embedded servers keep what they keep."""

import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from app.core.embedded.privileges import lesser_user
from app.core.ports import LOOPBACK

OWNER_ROLE = "syncstore_owner"
APP_ROLE = "syncstore_app"
DATABASE = "syncstore"


@dataclass(frozen=True)
class Urls:
    """How to reach the servers; the URLs carry passwords and stay out of logs."""

    database_url: str = field(repr=False)
    database_owner_url: str = field(repr=False)
    redis_url: str = field(repr=False)


class Layout:
    """The files of one pair of servers below `var_dir`; all of them closed to other users."""

    def __init__(self, var_dir: Path) -> None:
        """`var_dir` is absolute; nothing is touched before `prepare`."""
        self.var_dir = var_dir
        self.own = var_dir / "embedded"
        self.postgres = var_dir / "pg"
        self.redis = var_dir / "redis"
        self.logs = var_dir / "log"
        self.users_lock = self.own / "users.lock"
        self.starting_lock = self.own / "starting.lock"
        self.guard_lock = self.own / "guard.lock"
        self.servers_lock = self.own / "servers.lock"
        self.guard_pid = self.own / "guard.pid"
        self.guard_log = self.logs / "servers.log"

    def prepare(self) -> None:
        """Create the folders; the lesser user of a root start owns what the servers write."""
        self.var_dir.mkdir(parents=True, exist_ok=True)
        self.var_dir.chmod(0o700)
        user = lesser_user()
        for folder in (self.own, self.postgres, self.redis, self.logs):
            folder.mkdir(exist_ok=True, mode=0o700)
            if user is not None and folder != self.logs:
                os.chown(folder, user.pw_uid, user.pw_gid)

    def urls(self) -> Urls:
        """The URLs of the servers as they run now."""
        words, ports = self.passwords(), self.ports()
        at = f"{LOOPBACK}:{ports['postgres']}/{DATABASE}"
        return Urls(
            database_url=f"postgresql+psycopg://{APP_ROLE}:{words['app']}@{at}",
            database_owner_url=f"postgresql+psycopg://{OWNER_ROLE}:{words['owner']}@{at}",
            redis_url=f"redis://:{words['redis']}@{LOOPBACK}:{ports['redis']}/0",
        )

    def passwords(self) -> dict[str, str]:
        """One password per role, made on first use; they live and go with the cluster."""
        path = self.postgres / "passwords.json"
        if not path.exists():
            words = {name: secrets.token_urlsafe(24) for name in ("owner", "app", "redis")}
            write_private(path, json.dumps(words))
        kept: dict[str, str] = json.loads(path.read_text())
        return kept

    def ports(self) -> dict[str, int]:
        """The ports by server, as last used; empty before the first start."""
        path = self.own / "ports.json"
        kept: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
        return kept

    def keep_ports(self, ports: dict[str, int]) -> None:
        """Remember the ports, so that URLs stay the same over restarts."""
        write_private(self.own / "ports.json", json.dumps(ports))

    def last_words(self) -> str:
        """The last line of the guard's log: why the servers did not start."""
        lines = self.guard_log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"The servers did not start; see {self.logs}."


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(path)
