"""The daemon as a process of its own."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.world.terminal import Terminal


@contextmanager
def running(site: Path, *words: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "dj_cadence", "--site", str(site), "run", *words]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_it_says_where_it_is_serves_and_stops_when_told(act: Terminal) -> None:
    with running(act.site) as process:
        assert process.stdout
        address = process.stdout.readline().strip()
        with urlopen(address) as answer:
            page = answer.read().decode()
            assert (answer.status, answer.headers["content-type"]) == (
                200,
                "text/html; charset=utf-8",
            )
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)

    assert address.startswith("http://127.0.0.1:")
    assert "党" in page
    assert process.returncode == 0, err
    assert "Traceback" not in err


def test_a_port_that_is_taken_is_refused(act: Terminal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with running(act.site, "--port", port) as process:
            out, err = process.communicate(timeout=20)

    assert (process.returncode, out) == (1, "")
    assert f"端口 {port} 用不了（已被占用）" in err
    assert "Traceback" not in err


def test_without_a_port_the_next_free_one_is_taken(act: Terminal) -> None:
    with running(act.site) as first, running(act.site) as second:
        addresses, told = [], []
        for process in (first, second):
            assert process.stdout
            addresses.append(process.stdout.readline().strip())
        for process in (first, second):
            process.send_signal(signal.SIGTERM)
            told.append(process.communicate(timeout=20)[1])

    assert addresses[0] != addresses[1]
    address, err = max(zip(addresses, told, strict=True))
    port = address.removesuffix("/").rpartition(":")[2]
    assert f"请把 site.toml 里 [web] 的 address 改成端口 {port}，" in err


@pytest.mark.parametrize("port", ["0x50", "-1"])
def test_a_port_is_a_number(look: Terminal, port: str) -> None:
    assert look("run", "--port", port).code == 2
