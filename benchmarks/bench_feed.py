"""How fast calendars are answered, and beside what.

A calendar of 200 events beside Radicale serving the same events over HTTP; 304 answers
beside a bare route of the same framework, on both databases, while nothing is written and
while another process commits all the time (then the bare route is measured beside such a
writer too); the first rendering of 300 events beside the same events built with icalendar
alone; and the memory of the server over 10,000 requests.
Each server is a process of its own; the load comes from wrk where it is installed, else
from plain sockets in another process, the same for all.
"""

import multiprocessing
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter, sleep
from urllib.request import Request, urlopen
from zoneinfo import ZoneInfo

import icalendar
import uvicorn
from postgres import postgres_server
from sqlalchemy import func, insert, select, update
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from dj_cadence.bootstrap import load_rules
from dj_cadence.entrypoints.web import WebContext, make_app
from dj_cadence.entrypoints.web.routes import feeds as calendars
from dj_cadence.rendering.icalendar_text import FeedEvent, calendar_bytes
from dj_cadence.rendering.templates import Templates
from dj_cadence.services.feeds.address import feed_address
from dj_cadence.services.feeds.cache import Feeds
from dj_cadence.services.site import Site
from dj_cadence.settings import Settings
from dj_cadence.store import schema
from dj_cadence.store.core.database import Database, open_database
from dj_cadence.store.core.migrate import migrate
from dj_cadence.store.site import site as sites

NOW = datetime(2026, 3, 12, 2, tzinfo=UTC)
SECONDS = 2
ROUNDS = 3
CONNECTIONS = 8
PAUSE = 0.002
"""Seconds between the commits of the writer."""
ORGS = 20
"""Readers ask for different calendars, as phones do; each of them holds as many events."""


def settings(folder: Path, url: str = "") -> Settings:
    return Settings(
        folder=folder,
        name="bench",
        time_zone=ZoneInfo("Asia/Shanghai"),
        database=url or f"sqlite:///{folder / 'bench.db'}",
        send_at=time(8, 30),
        web_address="http://127.0.0.1",
        sender_name="",
        sender_address="dj@example.org",
        channels={},
        local_administrator=False,
        key=b"k" * 32,
    )


def make_database(chosen: Settings, per_org: int) -> Database:
    """Branches with `per_org` tasks each, spread over the months that a calendar shows.

    The last of them is the one that the writer writes to, and that nobody reads.
    """
    database = open_database(chosen.database)
    migrate(database)
    duties = [duty.key for duty in load_rules().catalogue.enabled()]
    with database.write() as session:
        sites.create(session, "bench", date(2026, 1, 1))
        session.execute(insert(schema.profile).values(id=1, hash="h", facts={}))
        session.execute(insert(schema.plan_snapshot).values(id=1, hash="h", content={}))
        session.execute(insert(schema.cohort).values(id=1, duty="any", signature="s", facts={}))
        shared = {"kind": "branch", "subtree_end": 0, "profile_id": 1, "roster": {}}
        orgs = [
            {"id": n, "code": f"B{n}", "name": f"第{n}党支部", "position": n, **shared}
            for n in range(1, ORGS + 2)
        ]
        session.execute(insert(schema.org), orgs)
        days = [date(2026, 1, 5) + timedelta(days=n * 480 // per_org) for n in range(per_org)]
        dates = [{"opens": day.replace(day=1), "planned": day, "due": day} for day in days]
        slots = [
            {
                "id": n + 1,
                "cohort_id": 1,
                "period": f"p{n}",
                "step": "",
                "label": f"{each['due']:%Y-%m}",
                "provisional": n % 3 == 0,
                "target": 1,
                "unit": "次",
                "first_on": each["opens"],
                "derivation": [],
                **each,
            }
            for n, each in enumerate(dates)
        ]
        session.execute(insert(schema.slot), slots)
        tasks = [
            {
                "org_id": row["id"],
                "duty": duties[n % len(duties)],
                "subject_id": 0,
                "start_event_id": 0,
                "period": f"p{n}",
                "step": "",
                "slot_id": n + 1,
                "state": ("done", "overdue", "open")[n % 3],
                "target": 1,
                "plan_snapshot_id": 1,
                "reminded_until": each["opens"],
                "place": "二楼会议室" if n % 2 else "",
                "sequence": n % 7,
                "changed_at": NOW - timedelta(hours=n),
                **each,
            }
            for row in orgs
            for n, each in enumerate(dates)
        ]
        session.execute(insert(schema.task), tasks)
    return database


# --- servers ------------------------------------------------------------------------------------


def serve_feeds(chosen: Settings, port: int) -> None:
    catalogue = load_rules().catalogue
    database = open_database(chosen.database)
    begun = perf_counter()
    context = WebContext(
        Site(chosen, database, lambda: Templates([]), dict),
        [],
        lambda _session: catalogue,
        lambda: NOW + timedelta(seconds=perf_counter() - begun),
    )
    uvicorn.run(make_app(context), port=port, log_level="error", access_log=False)


def serve_from_database(chosen: Settings, port: int) -> None:
    """The same with nothing at hand: as the first reader after each change is answered."""
    calendars.KNOWN = 0
    serve_feeds(chosen, port)


def serve_bare(_chosen: Settings, port: int) -> None:
    """Nothing but the framework: no database, no middleware, no thread."""

    async def unchanged(_request: object) -> Response:
        return Response(status_code=304, headers={"ETag": '"x"'})

    app = Starlette(routes=[Route("/{token}", unchanged)])
    uvicorn.run(app, port=port, log_level="error", access_log=False)


@contextmanager
def serving(target: Callable[[Settings, int], None], chosen: Settings) -> Iterator[tuple[str, int]]:
    """(address, process id) of a server in a process of its own."""
    port = free_port()
    with running(target, chosen, port) as process:
        wait_for(port)
        yield f"http://127.0.0.1:{port}", process


@contextmanager
def running(target: Callable[..., None], *arguments: object) -> Iterator[int]:
    process = multiprocessing.get_context("spawn").Process(target=target, args=arguments)
    process.start()
    try:
        yield process.pid or 0
    finally:
        process.terminate()
        process.join()


def write_on(chosen: Settings) -> None:
    """Change a task of an organization that nobody reads, and commit, again and again."""
    database = open_database(chosen.database)
    mine = schema.task.c.org_id == ORGS + 1
    again = update(schema.task).where(mine, schema.task.c.period == "p0")
    again = again.values(sequence=schema.task.c.sequence + 1, changed_at=NOW)
    while True:
        with database.write() as session:
            session.execute(again)
        sleep(PAUSE)


@contextmanager
def radicale(folder: Path, calendar: bytes) -> Iterator[str]:
    """The address of a collection of Radicale that holds the calendar."""
    port = free_port()
    command = [sys.executable, "-m", "radicale", "--auth-type", "none", "--rights-type"]
    command += ["owner_only", "--storage-filesystem-folder", str(folder / "radicale")]
    command += ["--server-hosts", f"127.0.0.1:{port}", "--logging-level", "error"]
    command += ["--server-max-connections", "0"]
    process = subprocess.Popen(command)
    try:
        wait_for(port)
        address = f"http://127.0.0.1:{port}/bench/calendar/"
        headers = {"Content-Type": "text/calendar", "Authorization": "Basic YmVuY2g6eA=="}
        urlopen(Request(address, calendar, headers, method="PUT")).close()
        yield address
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait_for(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            sleep(0.1)
        else:
            return
    raise SystemExit("a server did not start")


# --- load ---------------------------------------------------------------------------------------


def per_second(address: str, paths: list[str], headers: list[dict[str, str]]) -> float:
    """Requests a second, the paths in turn, each with its own headers; the median of rounds."""
    load = by_wrk if shutil.which("wrk") else by_sockets
    return median(load(address, paths, headers) for _ in range(ROUNDS))


def by_wrk(address: str, paths: list[str], headers: list[dict[str, str]]) -> float:
    lines = ["n = 0", "requests = {}"]
    for path, each in zip(paths, headers, strict=True):
        table = ", ".join(f"[{key!r}] = {value!r}" for key, value in each.items())
        lines.append(f"table.insert(requests, {{{path!r}, {{{table}}}}})")
    lines += ["function request()", "n = n + 1", "local r = requests[n % #requests + 1]"]
    lines += ["return wrk.format('GET', r[1], r[2])", "end"]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write("\n".join(lines))
        script.flush()
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", script.name, address]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said:
        raise SystemExit(said)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])  # type: ignore[index]


def by_sockets(address: str, paths: list[str], headers: list[dict[str, str]]) -> float:
    queue = multiprocessing.get_context("spawn").Queue()
    process = multiprocessing.get_context("spawn").Process(
        target=ask, args=(address, paths, headers, SECONDS, queue)
    )
    process.start()
    found = float(queue.get())
    process.join()
    return found


def ask(
    address: str,
    paths: list[str],
    headers: list[dict[str, str]],
    seconds: float,
    queue: "multiprocessing.Queue[float]",
) -> None:
    """One connection after another that is kept open, answers read to their end."""
    host, port = address.removeprefix("http://").split("/")[0].split(":")
    requests = [
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n".encode()
        + "".join(f"{key}: {value}\r\n" for key, value in each.items()).encode()
        + b"\r\n"
        for path, each in zip(paths, headers, strict=True)
    ]
    count, begun = 0, perf_counter()
    while perf_counter() - begun < seconds:
        with socket.create_connection((host, int(port))) as connection:
            file = connection.makefile("rb")
            for request in requests:
                connection.sendall(request)
                read_answer(file)  # type: ignore[arg-type]
                count += 1
    queue.put(count / (perf_counter() - begun))


def read_answer(file: "socket.SocketIO") -> None:
    length = 0
    while (line := file.readline()) not in (b"\r\n", b""):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    file.read(length)


def rss(process: int) -> float:
    """Megabytes of memory that a process holds."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]


# --- what is measured ---------------------------------------------------------------------------


def answers(folder: Path) -> None:
    """Whole calendars, beside Radicale, and 304 on SQLite."""
    chosen = settings(folder)
    database = make_database(chosen, 200)
    addresses = paths(database, chosen)
    whole = Feeds(database, chosen, lambda _session: load_rules().catalogue).body("org:1", NOW)
    plain = [{"Accept-Encoding": "identity"}] * ORGS
    with serving(serve_feeds, chosen) as (address, process):
        tags = [etag(address + path) for path in addresses]
        full = per_second(address, addresses, plain)
        gzip = per_second(address, addresses, [{"Accept-Encoding": "gzip"}] * ORGS)
        growth = memory(address, process, addresses, tags)
    with serving(serve_from_database, chosen) as (address, _):
        cold = per_second(address, addresses, plain)
        cold_same = per_second(address, addresses, [{"If-None-Match": tag} for tag in tags])
    with radicale(folder, whole) as address:
        path = "/" + address.split("/", 3)[3]
        login = [{"Authorization": "Basic YmVuY2g6eA=="}]
        theirs = per_second(address, [path], login)
    print(f"200 events, {len(whole):,} bytes: {full:,.0f}/s, by gzip {gzip:,.0f}/s")
    print(f"  beside Radicale, {theirs:,.1f}/s: {judged(full / theirs, least=20)}")
    print(growth)
    unchanged("SQLite", chosen, database)
    print(
        f"read anew each time, as after each change of it: {cold:,.0f}/s,"
        f" {cold / theirs:,.0f} x Radicale; 304 {cold_same:,.0f}/s (no goal)"
    )


def answers_on_postgres(folder: Path) -> None:
    """304 on PostgreSQL."""
    with postgres_server(folder) as url:
        chosen = settings(folder, url)
        unchanged("PostgreSQL", chosen, make_database(chosen, 200))


def unchanged(name: str, chosen: Settings, database: Database) -> None:
    """304 answers beside the bare framework, quiet and written meanwhile."""
    addresses = paths(database, chosen)
    with serving(serve_feeds, chosen) as (ours, _), serving(serve_bare, chosen) as (bare, _):
        known = [{"If-None-Match": etag(ours + path)} for path in addresses]
        quiet = beside(ours, addresses, known, bare)
        before = commits(database)
        begun = perf_counter()
        with running(write_on, chosen):
            written = beside(ours, addresses, known, bare)
        rate = (commits(database) - before) / (perf_counter() - begun)
    print(f"304 on {name}, quiet: {quiet}")
    print(f"304 on {name}, {rate:,.0f} commits a second meanwhile: {written}")
    database.engine.dispose()


def beside(ours: str, addresses: list[str], known: list[dict[str, str]], bare: str) -> str:
    """Both in turn, so that whatever else the machine does falls on both."""
    load = by_wrk if shutil.which("wrk") else by_sockets
    rounds = [(load(ours, addresses, known), load(bare, ["/x"], [{}])) for _ in range(ROUNDS)]
    same, plain = map(median, zip(*rounds, strict=True))
    ratio = median(one / other for one, other in rounds)
    return f"{same:,.0f}/s, beside a bare route, {plain:,.0f}/s: {judged(ratio, least=0.6)}"


def judged(ratio: float, *, least: float = 0, most: float = 0) -> str:
    met = ratio >= least if least else ratio <= most
    goal = f"at least {least}" if least else f"at most {most}"
    return f"{ratio:.2f} x (goal {goal}: {'met' if met else 'MISSED'})"


def paths(database: Database, chosen: Settings) -> list[str]:
    return [
        feed_address(database, chosen, f"org:{n}", NOW).removeprefix(chosen.web_address)
        for n in range(1, ORGS + 1)
    ]


def commits(database: Database) -> int:
    """How often the writer has written."""
    query = select(func.max(schema.task.c.sequence)).where(schema.task.c.org_id == ORGS + 1)
    with database.read() as session:
        return int(session.scalar(query) or 0)


def etag(address: str) -> str:
    with urlopen(address) as answer:
        return str(answer.headers["ETag"])


def memory(address: str, process: int, paths: list[str], tags: list[str]) -> str:
    """How the server's memory grows over 10,000 requests of every kind, after 1,000 others."""
    kinds = [{"Accept-Encoding": "identity"}, {"Accept-Encoding": "gzip"}]
    before = 0.0
    for n in range(11_000):
        path, tag = paths[n % ORGS], tags[n % ORGS]
        headers = [*kinds, {"If-None-Match": tag}][n % 3]
        if n == 1_000:
            before = rss(process)
        fetch(address + path, headers)
    after = rss(process)
    return f"memory: {before:.1f} MB after 1,000 requests, {after:.1f} MB after 10,000 more"


def fetch(address: str, headers: dict[str, str]) -> None:
    host, port = address.removeprefix("http://").split("/")[0].split(":")
    path = "/" + address.split("/", 3)[3]
    lines = "".join(f"{key}: {value}\r\n" for key, value in headers.items())
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{lines}\r\n"
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(request.encode())
        while connection.recv(1 << 16):
            pass


def first_rendering(folder: Path) -> None:
    """A calendar that nobody has read yet: queries, text, gzip and keeping it included."""
    chosen, catalogue = settings(folder), load_rules().catalogue
    database = make_database(chosen, 300)
    feeds = Feeds(database, chosen, lambda _session: catalogue)
    times = []
    for n in range(1, ORGS + 1):
        begun = perf_counter()
        feeds.renew(f"org:{n}", NOW)
        times.append(perf_counter() - begun)
    events = example_events(feeds.body("org:1", NOW))
    theirs = [timed(lambda: by_library(events)) for _ in range(ORGS)]
    written = [timed(lambda: calendar_bytes("x", "Asia/Shanghai", events)) for _ in range(ORGS)]
    database.engine.dispose()
    ours, library, alone = median(times), median(theirs), median(written)
    print(
        f"first rendering of {len(events)} events: {ours * 1000:.1f} ms, of which writing"
        f" {alone * 1000:.1f} ms; beside icalendar alone, {library * 1000:.1f} ms:"
        f" {judged(ours / library, most=1.2)}"
    )


def example_events(body: bytes) -> list[FeedEvent]:
    """The same events again, as values."""
    plain = FeedEvent("", date.min, "", "", "", 0, NOW)
    return [
        replace(
            plain,
            uid=str(one["UID"]),
            start=one.decoded("DTSTART"),
            summary=str(one["SUMMARY"]),
            description=str(one["DESCRIPTION"]),
            address=str(one["URL"]),
            sequence=int(str(one["SEQUENCE"])),
            changed_at=one.decoded("LAST-MODIFIED"),
            place=str(one.get("LOCATION", "")),
            color=str(one["COLOR"]),
        )
        for one in icalendar.Calendar.from_ical(body).walk("VEVENT")
    ]


def by_library(events: list[FeedEvent]) -> bytes:
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//bench//bench//ZH")
    calendar.add("version", "2.0")
    for one in events:
        event = icalendar.Event()
        event.add("uid", one.uid)
        event.add("dtstamp", one.changed_at)
        event.add("last-modified", one.changed_at)
        event.add("sequence", one.sequence)
        event.add("dtstart", one.start)
        event.add("dtend", one.start + timedelta(days=1))
        event.add("summary", one.summary)
        event.add("description", one.description)
        if one.place:
            event.add("location", one.place)
        event.add("url", one.address)
        event.add("categories", ["党建"])
        event.add("color", one.color)
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def timed(work: Callable[[], object]) -> float:
    begun = perf_counter()
    work()
    return perf_counter() - begun


def main() -> None:
    for measure in (first_rendering, answers, answers_on_postgres):
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            measure(Path(folder))


if __name__ == "__main__":
    main()
