"""A client that hangs up leaves no traceback in the log, and nothing half done."""

import signal
import socket
import struct
from contextlib import closing
from datetime import datetime
from pathlib import Path
from time import sleep

from dj_cadence.store.core.database import open_database
from tests.world.daemons.busy_site import BusySite
from tests.world.daemons.crowd import fetch
from tests.world.terminal import Terminal

_HEAD = "Host: 127.0.0.1:{port}\r\nContent-Type: {kind}\r\nContent-Length: 50000\r\n\r\n"
_FORM, _UPLOAD = "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"
_PART = '--b\r\nContent-Disposition: form-data; name="evidence"; filename="a.pdf"\r\n\r\n%PDF-1.7\n'
REQUESTS = {
    "nothing": "",
    "half a head": "POST /orgs/QH-1/done HTTP/1.1\r\nHost: 127",
    "a form without its body": f"POST /orgs/QH-1/done HTTP/1.1\r\n{_HEAD}",
    "half a form": f"POST /orgs/QH-1/done HTTP/1.1\r\n{_HEAD}csrf=a&task=1",
    "half an upload": f"POST /orgs/QH-1/done HTTP/1.1\r\n{_HEAD.replace('{kind}', _UPLOAD)}{_PART}",
    "half an upload by a link": f"POST /t/any/done HTTP/1.1\r\n{_HEAD}{_PART}",
    "a page that is not read": "GET /orgs/YX/digest HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n",
    "a workbook that is not read": (
        "GET /orgs/YX/digest.xlsx HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"
    ),
}


def hang_up(port: int, request: str, *, reset: bool) -> None:
    """Send what there is, and leave: with a farewell, or as a phone does that loses its net."""
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(request.format(port=port, kind=_FORM).encode())
        if reset:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sleep(0.05)


def test_no_traceback_and_nothing_half(act: Terminal, tmp_path: Path) -> None:
    with closing(open_database(f"sqlite:///{act.site / 'dj-cadence.db'}")) as database:
        busy = BusySite(act.site, database, tmp_path / "clock")
        busy.set_clock(datetime.fromisoformat("2026-11-20T12:00+08:00"))
        before = act("tasks", "--json").objects
        with busy.running() as (port, process):
            for request in REQUESTS.values():
                for reset in (False, True):
                    hang_up(port, request, reset=reset)
            assert fetch(port, "/orgs/QH-1")[0] == 200
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=30) == 0

    assert "Traceback" not in busy.log
    assert "Error" not in busy.log
    assert "Exception" not in busy.log
    assert act("tasks", "--json").objects == before
    assert not (act.site / "evidence").exists()
