"""A site made by commands, in which some may see less than others, walked through an autumn.

E 教育工委
├─ S 青禾党委
│  └─ G 青禾总支: approved by A, which sees G and nothing below
│     ├─ B1 朝阳支部: approved by S, like B2
│     │  └─ P 朝阳小组
│     └─ B2 暮山支部
├─ T 明湖支部: approved by A; its cases are no affair of E's
└─ A 镇街党委

Everything that is sent lies in the site's folder `sent`, a file for each letter.
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from dj_cadence.bootstrap import open_site, template_folders
from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.entrypoints.web import WebContext, make_app
from dj_cadence.services.access.link_tokens import login_address
from dj_cadence.services.operations.tick import tick
from dj_cadence.services.rules.applied import applied_catalogue
from dj_cadence.services.site import Site
from dj_cadence.store.roster import people
from tests.world.terminal import NOW, TODAY, Terminal, type_command
from tests.world.web_district import Browser

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = date(2026, 8, 1)
ORGS = """组织代码,组织名称,类别,上级组织代码,审批组织代码,正式党员数,上次换届日期
E,云溪教育工委,上级机关,,,,
S,青禾党委,党委,E,,,2023-09-01
G,青禾总支,党总支,S,A,,2024-03-01
B1,朝阳支部,党支部,G,,5,2024-01-15
B2,暮山支部,党支部,G,,5,2024-02-15
P,朝阳小组,党小组,B1,,,
T,明湖支部,党支部,E,A,6,2024-06-01
A,镇街党委,党委,E,,,2024-09-01
"""
OFFICES = """组织代码,职务,人员编号,姓名,邮箱,其他渠道,任职日期,离任日期
E,书记,e,郁工委,e@example.cn,,2020-01-01,
E,党务工作者,ee,殷干事,,group=工委群,2020-01-01,
S,书记,s,宋党委,s@example.cn,,2020-01-01,
G,书记,g,顾总支,g@example.cn,,2020-01-01,
B1,书记,b1,白朝阳,b1@example.cn,,2020-01-01,
B1,党务工作者,b1c,卞干事,,chat=b1c,2020-01-01,
B1,书记,old,旧书记,old@example.cn,,2019-01-01,2019-12-31
B2,书记,b2,贝暮山,b2@example.cn,,2020-01-01,
P,党小组长,p,裴小组,p@example.cn,,2020-01-01,
T,书记,t,唐明湖,t@example.cn,,2020-01-01,
T,党务工作者,tc,陶干事,,chat=tc,2020-01-01,
T,组织委员,to,涂委员,,group=明湖群,2020-01-01,
A,书记,a,安镇街,a@example.cn,,2020-01-01,
"""
RULES = """
duties:
  petition_acknowledge: {enabled: true}
  petition_close: {enabled: true}
  member_development_case: {enabled: true}
  unqualified_member_case: {enabled: true}
  new_member_training: {enabled: true}
  talk_with_member:
    title: 个别帮扶
    tier: D
    owed_by: {kind: [branch]}
    every: month
    confidential: true
    office: 书记
    remind: monthly
    instructions: 同思想有波动的党员个别谈。
    basis: [{certainty: verified, supports: [duty, period], document: 某条例, article: 8}]
"""
SECRETS = ("信访", "入党申请", "不合格党员", "新党员", "个别帮扶", "举报", "赵小明", "思想有波动")
"""What stands in the titles, instructions and references of what is about persons."""
_SECRET = re.compile("|".join((*SECRETS, "发展党员(?!计划)")))
"""A plan for the year to win members is about nobody."""
CASES = (
    ("petition_acknowledge", "T", "2026-08-12"),
    ("petition_close", "T", "2026-08-13"),
    ("member_development_case", "B1", "2026-08-14"),
    ("unqualified_member_case", "B1", "2026-08-17"),
    ("new_member_training", "T", "2026-08-18"),
)
_CHANNELS = "".join(
    f'\n[channels.{name}]\nnotifier = "recorder"\nform = "{form}"\n'
    for name, form in (("email", "mail"), ("chat", "chat"), ("group", "group"))
)
_RECORDER = """
import json
from itertools import count

from dj_cadence.domain.messages.notifier import Audience, Traits

class Recorder:
    def __init__(self, options, folder):
        self.traits, self.folder = Traits(Audience(options["form"])), folder / "sent"

    def send(self, letter):
        self.folder.mkdir(exist_ok=True)
        files = [[one.name, one.content.hex()] for one in letter.attachments]
        names = ("to", "form", "subject", "date", "text", "html")
        said = {name: getattr(letter, name) for name in names} | {"files": files}
        for number in count(len(list(self.folder.iterdir()))):
            try:  # channels send at the same time: a name that another took is not written over
                with (self.folder / f"{number:05}.json").open("x", encoding="utf-8") as file:
                    json.dump(said, file, ensure_ascii=False)
            except FileExistsError:
                continue
            return "ok"

    def close(self):
        pass

def open_notifier(options, sender, folder):
    return Recorder(options, folder)
"""


@dataclass(frozen=True)
class Village:
    """The site as it stands on the morning of TODAY."""

    folder: Path

    @property
    def sent(self) -> list[dict[str, str]]:
        """Every letter that went out, in order."""
        files = sorted((self.folder / "sent").iterdir())
        return [json.loads(path.read_text(encoding="utf-8")) for path in files]

    def open(self) -> Site:
        return open_site(self.folder, {})

    def browser(self, site: Site, person: str = "") -> Browser:
        """Of the person of that number, logged in; of a stranger without one."""
        folders = template_folders(site.settings)
        context = WebContext(site, folders, applied_catalogue, lambda: NOW)
        client = Browser(
            make_app(context),
            base_url=site.settings.web_address,
            client=("203.0.113.7", 50000),
            follow_redirects=False,
        )
        if person:
            with site.database.write() as session:
                found = people.find_person(session, person)
                path = urlsplit(login_address(session, site.settings, found.id, NOW)).path
            assert client.send_form(path, path).status_code in (303, 410, 422)
        return client


def secrets_in(text: str) -> set[str]:
    """The words in a text that say what is about a person."""
    return set(_SECRET.findall(text))


def make_village(folder: Path) -> Village:
    """Begun on START with what is about persons, nobody answers, walked to the day of TODAY."""
    assert type_command("init", folder, "--starts-on", START).code == 0
    shell = Terminal(folder)
    toml = folder / "site.toml"
    text = toml.read_text(encoding="utf-8").partition("\n[channels.email]")[0] + _CHANNELS
    toml.write_text(text, encoding="utf-8")
    (folder / "notifiers").mkdir(exist_ok=True)
    (folder / "notifiers" / "recorder.py").write_text(_RECORDER, encoding="utf-8")
    (folder / "schedules" / "duties").mkdir(parents=True, exist_ok=True)
    (folder / "schedules" / "duties" / "own.yaml").write_text(RULES, encoding="utf-8")
    for name, rows in (("组织.csv", ORGS), ("任职.csv", OFFICES)):
        (folder / name).write_text(rows, encoding="utf-8")
    for words in (
        ("check",),
        ("roster", "import", folder / "组织.csv", folder / "任职.csv"),
        ("plan", "--apply"),
        ("send", "on"),
        *(("case", "open", d, "--org", o, "--on", on, "--ref", "赵小明举报") for d, o, on in CASES),
    ):
        answer = shell(*words)
        assert answer.code == 0, (words, answer.out, answer.err)
    village = Village(folder)
    _walk(village)
    _answer(shell, folder)
    return village


def _answer(shell: Terminal, folder: Path) -> None:
    """One case of T and one of B1 are done, with a file whose name says too much."""
    paper = folder / "赵小明举报材料.txt"
    paper.write_text("见面谈过了。", encoding="utf-8")
    for org, duty in (("T", "petition_acknowledge"), ("B1", "member_development_case")):
        found = shell("tasks", "--org", org, "--duty", duty, "--json").objects
        number = next(one["id"] for one in found if one["state"] == "overdue" and not one["step"])
        done = ("done", number, "--on", "2026-11-19", "--note", "赵小明已答复", "--evidence", paper)
        assert shell(*done).code == 0


def _walk(village: Village) -> None:
    site = village.open()
    try:
        day = START
        while day <= TODAY:
            morning = datetime.combine(day, time(8, 30), SHANGHAI).astimezone(UTC)
            tick(site, morning, owner="walk")
            tick(site, morning + timedelta(minutes=1), owner="walk")
            day += DAY
    finally:
        site.database.engine.dispose()
