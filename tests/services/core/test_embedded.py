"""The embedded servers as their users see them: shared, safe from others, hard to kill."""

import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from app.core.embedded import EmbeddedServers, ServersUnavailable, Urls

PROJECT = Path(__file__).resolve().parents[3]
A_USER = """
import sys, signal
from pathlib import Path
from app.core.embedded import join_servers
print(join_servers(Path(sys.argv[1])).redis_url, flush=True)
signal.pause()
"""
AS_LESSER_USER = """
import os, sys
from app.core.embedded.privileges import give_up_root
give_up_root()
program = sys.argv[1]
print(os.geteuid() != 0, os.access(program, os.X_OK), os.spawnl(os.P_WAIT, program, program))
"""


@pytest.fixture(scope="module")
def var_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("embedded") / "var"


@pytest.fixture
def servers(var_dir: Path) -> Iterator[EmbeddedServers]:
    embedded = EmbeddedServers(var_dir, durable=False)
    yield embedded
    embedded.stop()


def owner(urls: Urls) -> psycopg.Connection:
    return psycopg.connect(plain(urls.database_owner_url), autocommit=True)


def plain(url: str) -> str:
    return url.replace("+psycopg", "")


def eventually(holds: Callable[[], bool], *, seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if holds():
                return True
        except (psycopg.OperationalError, redis.ConnectionError, psutil.NoSuchProcess):
            pass
        time.sleep(0.02)
    return False


def answer(urls: Urls) -> bool:
    with owner(urls) as connection, redis.Redis.from_url(urls.redis_url) as client:
        return connection.execute("SELECT 1").fetchone() == (1,) and bool(client.ping())


def guard(var_dir: Path) -> psutil.Process:
    return psutil.Process(int((var_dir / "embedded" / "guard.pid").read_text()))


def server_process(var_dir: Path, name: str) -> psutil.Process:
    (found,) = (child for child in guard(var_dir).children() if child.name().startswith(name))
    return found


def user_process(var_dir: Path) -> subprocess.Popen[str]:
    user = subprocess.Popen(
        [sys.executable, "-c", A_USER, str(var_dir)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert user.stdout is not None
    with user.stdout:
        assert user.stdout.readline().startswith("redis://")
    return user


def test_the_app_role_has_no_power_beyond_its_rows(servers: EmbeddedServers) -> None:
    urls = servers.start()

    with psycopg.connect(plain(urls.database_url)) as connection:
        rights = connection.execute(
            "SELECT current_user, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole"
            " FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        version = connection.execute("SHOW server_version_num").fetchone()

    assert rights == ("syncstore_app", False, False, False, False)
    assert version is not None
    assert int(version[0]) >= 180000


@pytest.mark.parametrize("user", ["syncstore_app", "syncstore_owner", "postgres"])
def test_nobody_gets_in_without_the_password(servers: EmbeddedServers, user: str) -> None:
    urls = servers.start()
    place = plain(urls.database_url).rpartition("@")[2]

    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(f"postgresql://{user}:guess@{place}")
    with (
        redis.Redis.from_url(f"redis://{urls.redis_url.rpartition('@')[2]}") as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()


def test_passwords_are_closed_to_other_users(servers: EmbeddedServers, var_dir: Path) -> None:
    servers.start()

    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode)
        for path in (var_dir, var_dir / "pg" / "passwords.json", var_dir / "redis" / "redis.conf")
    }

    assert modes == {"var": 0o700, "passwords.json": 0o600, "redis.conf": 0o600}


def test_data_and_addresses_survive_a_restart(servers: EmbeddedServers) -> None:
    before = servers.start()
    with owner(before) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS mugs (title text)")
        connection.execute("TRUNCATE mugs")
        connection.execute("INSERT INTO mugs VALUES ('Blue mug')")

    servers.stop()
    after = servers.start()

    assert after == before
    with owner(after) as connection:
        assert connection.execute("SELECT title FROM mugs").fetchall() == [("Blue mug",)]


@pytest.mark.parametrize("name", ["postgres", "redis"])
def test_a_killed_server_comes_back_at_its_address(
    servers: EmbeddedServers, var_dir: Path, name: str
) -> None:
    urls = servers.start()
    victim = server_process(var_dir, name)

    victim.kill()

    assert eventually(lambda: server_process_is_new(var_dir, name, victim.pid))
    assert eventually(lambda: answer(urls))


def server_process_is_new(var_dir: Path, name: str, old_pid: int) -> bool:
    children = guard(var_dir).children()
    return any(child.name().startswith(name) and child.pid != old_pid for child in children)


def test_servers_end_when_their_guard_is_killed_and_come_back_when_asked(
    servers: EmbeddedServers, var_dir: Path
) -> None:
    before = servers.start()
    orphans = guard(var_dir).children(recursive=True)

    guard(var_dir).kill()
    assert eventually(lambda: not servers.is_guarded())
    after = servers.start()

    _, alive = psutil.wait_procs(orphans, timeout=15)
    assert not alive
    assert after == before
    assert answer(after)


def test_servers_end_with_their_last_user_even_when_it_is_killed(var_dir: Path) -> None:
    first, second = user_process(var_dir), user_process(var_dir)
    family = [guard(var_dir), *guard(var_dir).children(recursive=True)]

    first.kill()
    first.wait()
    survived = all(process.is_running() for process in family[:1])
    second.send_signal(signal.SIGTERM)
    second.wait()

    _, alive = psutil.wait_procs(family, timeout=15)
    assert survived
    assert not alive


def test_a_second_user_joins_and_leaves_without_harm(
    servers: EmbeddedServers, var_dir: Path
) -> None:
    urls = servers.start()
    guarding = guard(var_dir)

    visitor = user_process(var_dir)
    visitor.kill()
    visitor.wait()

    assert answer(urls)
    assert guard(var_dir) == guarding


def test_servers_run_without_root_below_a_folder_closed_to_others(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    program = closed / "program"
    program.write_text("#!/bin/sh\ncat $0 > /dev/null\n")
    program.chmod(0o700)

    said = subprocess.run(
        [sys.executable, "-c", AS_LESSER_USER, program],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert said.stdout == "True True 0\n"


def test_a_broken_cluster_is_refused_with_a_sentence(tmp_path: Path) -> None:
    cluster = tmp_path / "var" / "pg" / "data"
    cluster.mkdir(parents=True)

    with pytest.raises(ServersUnavailable, match=r"postgres did not start; its reason is in .*log"):
        EmbeddedServers(tmp_path / "var", durable=False).start()
