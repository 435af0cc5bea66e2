"""The daemon: APScheduler ticks, uvicorn serves, both in one process.

Nothing is stored in APScheduler: it only says when to look. What is due is a query.
"""

import logging
import os
import signal
import socket
import sys
from types import FrameType
from urllib.parse import urlsplit

import uvicorn
from apscheduler.schedulers.background import BackgroundScheduler

from dj_cadence import clock
from dj_cadence.bootstrap import template_folders
from dj_cadence.domain.catalogue import Catalogue
from dj_cadence.domain.wording import os_reason
from dj_cadence.entrypoints.web.app import make_app
from dj_cadence.entrypoints.web.visit import WebContext
from dj_cadence.errors import Refused
from dj_cadence.services.applied import applied_catalogue
from dj_cadence.services.site import Site
from dj_cadence.services.tick import tick
from dj_cadence.store import site as sites

TICK_SECONDS = 60
FIRST_PORT = 8000
_TRIES = 100
_log = logging.getLogger(__name__)


def listen(host: str, port: int | None, first: int = FIRST_PORT) -> socket.socket:
    """A listening socket on `port`, or on the next free port from `first` on.

    Raises Refused where the port that was asked for is taken.
    """
    for candidate in [port] if port is not None else range(first, first + _TRIES):
        try:
            return _bound(host, candidate)
        except OSError as error:
            reason = os_reason(error.errno)
    if port is not None:
        raise Refused(f"端口 {port} 用不了（{reason}）。请换一个 --port，或不写端口自动选择。")
    raise Refused(f"从 {first} 起的 {_TRIES} 个端口都被占用。请用 --port 指定一个空闲端口。")


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(128)
    except OSError:
        listening.close()
        raise
    return listening


def configured_port(site: Site) -> int:
    """The port that links in messages name, where they lead to this machine."""
    address = urlsplit(site.settings.web_address)
    return address.port or FIRST_PORT if address.hostname == "127.0.0.1" else FIRST_PORT


def serve(site: Site, listening: socket.socket) -> None:
    """Tick and answer until told to stop; what is being sent is finished first."""
    scheduler = BackgroundScheduler(timezone="UTC")
    scheduler.add_job(
        _tick,
        "interval",
        args=[site],
        seconds=TICK_SECONDS,
        next_run_time=clock.now(),
        coalesce=True,
        max_instances=1,
        misfire_grace_time=None,
    )
    app = make_app(
        WebContext(
            database=site.database,
            settings=site.settings,
            templates_folders=template_folders(site.settings),
            catalogue=lambda: _catalogue(site),
            clock=clock.now,
        )
    )
    config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False)
    signal.signal(signal.SIGTERM, _leave)  # uvicorn stops, then raises it again
    scheduler.start()
    try:
        uvicorn.Server(config).run(sockets=[listening])
    finally:
        scheduler.shutdown(wait=True)


def _leave(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def _catalogue(site: Site) -> Catalogue:
    with site.database.read() as session:
        return applied_catalogue(session)


def _tick(site: Site) -> None:
    """One pass; whatever goes wrong is logged, and the next minute tries again."""
    try:
        with site.database.read() as session:
            if sites.applied_hash(session) is None:
                _log.warning("no_rules_applied")
                return
        report = tick(site, clock.now(), owner=f"daemon-{os.getpid()}")
    except Exception:  # noqa: BLE001 - whatever it was, the next pass must come
        _log.exception("tick_failed")
        return
    if report.bundled or report.sent:
        _log.info("tick bundled=%d sent=%d", report.bundled, report.sent)
