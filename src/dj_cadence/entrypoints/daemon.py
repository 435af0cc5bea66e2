"""The daemon: APScheduler ticks, uvicorn serves, both in one process.

Nothing is stored in APScheduler: it only says when to look. What is due is a query.
"""

import gc
import logging
import os
import signal
import socket
import sys
from contextlib import closing
from dataclasses import replace

import uvicorn

from dj_cadence import clock
from dj_cadence.bootstrap import open_beside, template_folders
from dj_cadence.entrypoints.connections import LEAVING_SECONDS, Connection, room_here
from dj_cadence.entrypoints.daemon_jobs import (
    AUDIT_SECONDS,
    FIRST_AUDIT_SECONDS,
    HEARTBEAT_SECONDS,
    DaemonJobs,
)
from dj_cadence.entrypoints.pass_watch import PassWatch
from dj_cadence.entrypoints.steady_jobs import SteadyJob, SteadyScheduler
from dj_cadence.entrypoints.web.app import make_app
from dj_cadence.entrypoints.web.request_context import WebContext
from dj_cadence.entrypoints.web.workers import CONNECTIONS
from dj_cadence.services.operations.tick import give_sign_of_life
from dj_cadence.services.rules.applied import applied_catalogue
from dj_cadence.services.site import Site
from dj_cadence.settings import is_loopback

GRACE_SECONDS = 5
"""For what is under way when the process is told to end."""
SWITCH_SECONDS = 0.001
"""So long a thread computes before others have their turn: the one that takes requests and
answers watchers must not stand in line behind those that make pages.
"""
_log = logging.getLogger(__name__)


def serve(site: Site, listening: socket.socket) -> None:
    """Tick and answer until told to stop; what is being sent has some seconds to be finished."""
    with give_sign_of_life(site.database, site.settings.folder, "daemon") as life:
        rounds = DaemonJobs(site, life)
        scheduler = SteadyScheduler(
            [
                SteadyJob(rounds.tick, site.settings.tick_seconds, 0),
                SteadyJob(rounds.audit, AUDIT_SECONDS, FIRST_AUDIT_SECONDS),
                SteadyJob(rounds.heartbeat, HEARTBEAT_SECONDS, HEARTBEAT_SECONDS),
            ]
        )
        sys.setswitchinterval(SWITCH_SECONDS)
        gc.freeze()  # what is loaded by now stays: no collection need look at it again
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # uvicorn stops, then raises it again
        scheduler.start()
        try:
            _answer(site, rounds.passes, listening)
        finally:
            rounds.leave()
            if not scheduler.end(GRACE_SECONDS):
                # Whoever told us to end waits. What hangs is taken up as after a death.
                _log.warning("ended_during_a_pass")
                logging.shutdown()
                os._exit(0)


def _answer(site: Site, passes: PassWatch, listening: socket.socket) -> None:
    """Serve the pages, over connections to the database that are not the engine's."""
    with closing(open_beside(site.settings.database, CONNECTIONS)) as database:
        app = make_app(
            WebContext(
                site=replace(site, database=database),
                templates_folders=template_folders(site.settings),
                catalogue=applied_catalogue,
                clock=clock.now,
                passes=passes,
                on_loopback=is_loopback(listening.getsockname()[0]),
            )
        )
        room = room_here()
        Connection.places = room.places
        config = uvicorn.Config(
            app,
            http=Connection,
            backlog=room.backlog,
            timeout_graceful_shutdown=LEAVING_SECONDS,
            ws="none",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
        )
        uvicorn.Server(config).run(sockets=[listening])
