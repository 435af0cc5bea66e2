"""Makes the pictures of papers, messages, digest, plan and pages anew: make pictures.

They show the invented district of `init --demo`, as it stands on the day this runs. Date fields
speak the browser's language: Debian's chromium knows Chinese with the package chromium-l10n.
"""

import os
import re
import subprocess
import sys
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from datetime import date, datetime, time
from html import escape
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import select
from starlette.testclient import TestClient

from dj_cadence import clock
from dj_cadence.bootstrap import open_site, template_folders
from dj_cadence.chinese import moment_text
from dj_cadence.domain.dates.arithmetic import DAY, add_months
from dj_cadence.domain.documents.kind import DocumentKind
from dj_cadence.domain.messages.claim import StoredLetter
from dj_cadence.domain.messages.notifier import Letter
from dj_cadence.domain.messages.view import ChannelAlertView
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.entrypoints.web import WebContext, make_app
from dj_cadence.errors import Refused
from dj_cadence.rendering.documents import render_document
from dj_cadence.rendering.workbooks import digest_workbook
from dj_cadence.services.access.permissions import ADMINISTRATOR
from dj_cadence.services.delivery.skeletons import unpack
from dj_cadence.services.digest.making import requested_digest
from dj_cadence.services.documents.letters import ELECTION, DocumentWriter
from dj_cadence.services.operations.tick import tick
from dj_cadence.services.rules.announce import Announcement, announce
from dj_cadence.services.rules.applied import applied_catalogue
from dj_cadence.services.site import Site
from dj_cadence.store.roster import orgs
from dj_cadence.store.schema import letter, skeleton

HERE = Path(__file__).parent
TOP, BRANCH = "YX", "QH-1"
_WIDTH = 360
_LONGEST = 1500
_LANGUAGE_OF_THE_BROWSER = "data:text/html,<script>document.title = navigator.language</script>"


def main() -> None:
    if "zh" not in _chromium("--dump-dom", _LANGUAGE_OF_THE_BROWSER):
        sys.exit("the browser does not know Chinese; as root: apt-get install chromium-l10n")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "demo"
        command = [sys.executable, "-m", "dj_cadence", "init", str(place), "--demo"]
        subprocess.run(command, check=True)
        site = open_site(place, {})
        work = Path(folder)
        _digest(site, work)
        _papers(site, work)
        _wall(site, work)
        _pages(site, work)
        _messages(site, work)
        _alarm(site, work)
        site.database.engine.dispose()


def _digest(site: Site, work: Path) -> None:
    today = site.today(clock.now())
    with site.database.read() as session:
        above, rules = orgs.find_org(session, TOP), applied_catalogue(session)
        view = requested_digest(session, rules, site.settings, above, today=today)
    book = work / "digest.xlsx"
    book.write_bytes(digest_workbook(view))
    _first_page(book, HERE / "digest-workbook.png")


def _messages(site: Site, work: Path) -> None:
    """One of each kind, as the engine writes them in the weeks to come.

    The district has asked to be told directly of a 主题党日 that was not held.
    """
    with site.database.write() as session:
        rules, now = applied_catalogue(session), clock.now()
        actor = Actor("x", now, site.today(now))
        announce(session, rules, "theme_party_day", TOP, actor, Announcement(escalate=(1, 2)))
    first = site.today(clock.now()) + DAY
    month = add_months(first.replace(day=1), 1)
    days = [*_days(first, month + 6 * DAY), *_days(month + 18 * DAY, month + 27 * DAY)]
    for day in days:  # and an outage of eleven days between the two
        tick(site, datetime.combine(day, time(9), site.settings.time_zone), owner="pictures")
    with site.database.read() as session:
        found = select(skeleton.c.content, letter.c.content).join_from(letter, skeleton)
        latest = session.execute(found.order_by(letter.c.message_id.desc()))
        letters = [unpack(StoredLetter(shared, content)) for shared, content in latest]
    for name, pattern in _SHOWN.items():
        is_first = name == "first-message"
        fitting = [
            one
            for one in letters
            if re.match(pattern, one.subject) and ("第一次给您发消息" in one.text) is is_first
        ]
        usual = min(fitting, key=lambda one: abs(len(one.text) - 450))
        page = work / f"{name}.html"
        page.write_text(_with_subject(usual), encoding="utf-8")
        _phone(page, HERE / f"{name}.png")


def _alarm(site: Site, work: Path) -> None:
    """What administrators are told when a provider has refused for a quarter of an hour."""
    with site.database.read() as session:
        day = applied_catalogue(session).calendar.on_or_after(site.today(clock.now()))
    since = datetime.combine(day, time(8, 31), site.settings.time_zone)
    told = "邮件服务器拒收：550 Connection frequency limited"
    view = ChannelAlertView(
        site_name=site.settings.name,
        channel="email",
        title="邮件",
        since=moment_text(since, site.settings.time_zone),
        until="",
        reason=told,
        waiting=23,
        is_over=False,
    )
    rendered = site.templates.render_alert(view)
    mail = Letter("", "", "", rendered.subject, rendered.text, rendered.html, "")
    page = work / "alarm.html"
    page.write_text(_with_subject(mail), encoding="utf-8")
    _phone(page, HERE / "alarm.png")


def _with_subject(mail: Letter) -> str:
    """The mail below the line that a phone shows of it first."""
    line = (
        '<div style="padding: 10px 16px; font-size: 17px; font-weight: bold; line-height: 1.4;'
        ' background: #e9e9ec">'
        f"{escape(mail.subject)}</div>"
    )
    return re.sub(r"(<body[^>]*>)", rf"\1{line}", mail.html, count=1)


_SHOWN = {
    "first-message": "党建提醒：",
    "reminder": "党建提醒：[^项]*，(最迟|计划)",
    "month": "党建提醒：.*月有",
    "escalation": "逾期报告：",
    "catch-up": "党建提醒（补发）",
    "digest": "党建工作周报：.*其中新增",
}
"""By the picture's name, how the subject of the message begins."""


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += DAY


def _papers(site: Site, work: Path) -> None:
    today = site.today(clock.now())
    _paper(site, work, DocumentKind.REMINDER, TOP, "letter.png", today)
    _paper(site, work, DocumentKind.YEAR_END, BRANCH, "year-end.png", today)
    pages: list[Path] = []
    for kind in ELECTION:
        made = _written(site, work, kind, BRANCH, today)
        pages += _pages_of(made)
    _side_by_side(pages, work, HERE / "election.png")


def _paper(
    site: Site, work: Path, kind: DocumentKind, code: str, picture: str, today: date
) -> None:
    first, *_ = _pages_of(_written(site, work, kind, code, today))
    (HERE / picture).write_bytes(first.read_bytes())


def _written(site: Site, work: Path, kind: DocumentKind, code: str, today: date) -> Path:
    """A letter as a file, of the first month from now in which there is something to write about."""
    with site.database.read() as session:
        found, rules = orgs.find_org(session, code), applied_catalogue(session)
        for months in range(60):
            month = add_months(today.replace(day=1), months)
            written = today
            if kind is DocumentKind.REMINDER:  # half a year before, as it is sent
                written = max(today, add_months(month, -6) + 9 * DAY)
            try:
                writer = DocumentWriter(
                    session, rules, found, ADMINISTRATOR, written, site.settings.contact
                )
                made = writer.write(kind, month)
                break
            except Refused:
                continue
    file = work / f"{kind.value}.docx"
    file.write_bytes(render_document(template_folders(site.settings), made))
    return file


def _side_by_side(pages: list[Path], work: Path, picture: Path) -> None:
    """Pages of letters, three in a row."""
    shown = "".join(f'<img src="{page.as_uri()}" width="580">' for page in pages)
    style = "margin:0;padding:10px;background:#999;display:grid;gap:10px;grid-template-columns:repeat(3,580px)"
    sheet = work / "letters.html"
    sheet.write_text(f'<body style="{style}">{shown}', encoding="utf-8")
    size = f"--window-size=1780,{-(-len(pages) // 3) * 830 + 10}"
    _chromium(f"--screenshot={picture}", size, "--hide-scrollbars", sheet.as_uri())


def _client(site: Site) -> TestClient:
    """A browser at the machine itself, which is let in as administrator."""
    with site.database.read() as session:
        rules = applied_catalogue(session)
    context = WebContext(
        site, template_folders(site.settings), lambda _session: rules, clock.now, on_loopback=True
    )
    return TestClient(
        make_app(context), base_url="http://127.0.0.1:8000", client=("127.0.0.1", 50000)
    )


def _wall(site: Site, work: Path) -> None:
    """The page as chromium prints it."""
    year = site.today(clock.now()).year + 1
    page = _fetched(_client(site), f"/orgs/{quote(BRANCH)}/wall?year={year}", work / "wall.html")
    paged = work / "wall.pdf"
    _chromium("--no-pdf-header-footer", f"--print-to-pdf={paged}", page.as_uri())
    _picture(paged, HERE / "wall.png")
    month = add_months(site.today(clock.now()).replace(day=1), 1).isoformat()[:7]
    page = _fetched(_client(site), f"/orgs/{quote(BRANCH)}/wall?month={month}", work / "list.html")
    _chromium("--no-pdf-header-footer", f"--print-to-pdf={paged}", page.as_uri())
    _picture(paged, HERE / "month-list.png")


def _pages(site: Site, work: Path) -> None:
    """An organization's page on a screen."""
    client = _client(site)
    page = _fetched(client, f"/orgs/{quote(BRANCH)}", work / "page.html")
    shot = HERE / "page.png"
    _chromium(f"--screenshot={shot}", "--window-size=760,582", "--hide-scrollbars", page.as_uri())


def _fetched(client: TestClient, address: str, file: Path) -> Path:
    """A page with its style sheets in it, for a browser that has no server."""
    shown = client.get(address)
    shown.raise_for_status()

    def inlined(link: "re.Match[str]") -> str:
        return f"<style>{client.get(link[1]).text}</style>"

    text = re.sub(r'<link rel="stylesheet" href="([^"]+)">', inlined, shown.text)
    icon = b64encode(client.get("/static/icon.svg").content).decode()
    text = text.replace('src="/static/icon.svg"', f'src="data:image/svg+xml;base64,{icon}"')
    file.write_text(text, encoding="utf-8")
    return file


def _phone(page: Path, picture: Path) -> None:
    """As wide as a small phone: on paper, for a window is never narrower than 500 px."""
    mail = page.read_text(encoding="utf-8")
    height = min(_height(mail, page.with_suffix(".measured.html")), _LONGEST)
    narrow = (
        f"<style>@page {{ size: {_WIDTH}px {height}px; margin: 0 }}"
        " * { print-color-adjust: exact }</style>"
    )
    page.write_text(mail.replace("</head>", f"{narrow}</head>"), encoding="utf-8")
    paged = page.with_suffix(".pdf")
    _chromium("--no-pdf-header-footer", f"--print-to-pdf={paged}", page.as_uri())
    _picture(paged, picture, "-scale-to-x", "720", "-scale-to-y", "-1")


def _height(mail: str, page: Path) -> int:
    """How long the mail is on that phone, in its pixels."""
    narrow = f"<style>html {{ width: {_WIDTH}px }}</style>"
    tell = "<script>document.title = document.body.scrollHeight</script>"
    measured = mail.replace("</head>", f"{narrow}</head>").replace("</body>", f"{tell}</body>")
    page.write_text(measured, encoding="utf-8")
    found = re.search(r"<title>(\d+)</title>", _chromium("--dump-dom", page.as_uri()))
    assert found, "the browser told no height"
    return int(found[1]) + 2


def _chromium(*arguments: str) -> str:
    """In Chinese, for a date field speaks the language of the machine."""
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", *arguments]
    environment = {**os.environ, "LANGUAGE": "zh_CN"}
    done = subprocess.run(command, check=True, capture_output=True, timeout=120, env=environment)
    return done.stdout.decode()


def _first_page(document: Path, picture: Path) -> None:
    _picture(_printed(document), picture)


def _pages_of(document: Path) -> list[Path]:
    """A picture of each page, in their order."""
    paged = _printed(document)
    subprocess.run(["pdftoppm", "-png", "-r", "80", paged, paged.with_suffix("")], check=True)
    return sorted(document.parent.glob(f"{document.stem}-[0-9]*.png"))


def _printed(document: Path) -> Path:
    """As LibreOffice prints it, with fonts that look like those of an office."""
    command = [
        "soffice",
        f"-env:UserInstallation={(document.parent / 'profile').as_uri()}",
        "--headless",
        "--convert-to",
        "pdf",
        "--outdir",
        str(document.parent),
        str(document),
    ]
    fonts = {**os.environ, "FONTCONFIG_FILE": str(HERE / "office-fonts.conf")}
    subprocess.run(command, check=True, capture_output=True, timeout=120, env=fonts)
    return document.with_suffix(".pdf")


def _picture(paged: Path, picture: Path, *size: str) -> None:
    """The first page."""
    how = size or ("-r", "80")
    target = str(picture.with_suffix(""))
    command = ["pdftoppm", "-png", *how, "-singlefile", str(paged), target]
    subprocess.run(command, check=True, timeout=60)


if __name__ == "__main__":
    main()
