"""The five steps from an empty site to one that reminds, and which of them are done."""

from typing import NamedTuple
from urllib.parse import urlsplit

from dj_cadence.services.site import Site
from dj_cadence.settings import is_loopback
from dj_cadence.store.roster import orgs
from dj_cadence.store.rules import catalogue as catalogues
from dj_cadence.store.site import site as sites

MAILDIR = "maildir"


class SetupStep(NamedTuple):
    """One step, and what is to be done about it."""

    title: str
    page: str
    """The last part of the address of the page where it is done; empty: in site.toml."""
    done: bool
    text: str


def setup_steps(site: Site) -> list[SetupStep]:
    """In their order. A later one may be done before an earlier one."""
    with site.database.read() as session:
        is_sending = bool(sites.load(session).sending)
        number = len(orgs.ids(session))
        is_applied = catalogues.applied_hash(session) is not None
    settings = site.settings
    is_public = not is_loopback(urlsplit(settings.web_address).hostname)
    goes_out = any(channel.notifier != MAILDIR for channel in settings.channels.values())
    steps = (
        (
            ("名称和网址", "", is_public),
            f"{settings.name}，{settings.web_address}",
            "网址还是本机的，手机打不开消息里的链接。请在 site.toml 里写对外的网址。",
        ),
        (
            ("发送渠道", "channels", goes_out),
            "渠道已设好，可以发一条测试消息。",
            "消息只写进本机的文件夹，谁也收不到。请在 site.toml 里写发信的服务器。",
        ),
        (("花名册", "roster", number > 0), f"已有 {number} 个组织。", "还没有组织，请导入花名册。"),
        (
            ("任务计划", "plan", is_applied),
            "规则已应用，任务已排好。",
            "请看一看会排出哪些任务，没有问题就应用。",
        ),
        (("发送", "site", is_sending), "发送已开启。", "前面几步都好了，就开启发送。"),
    )
    return [SetupStep(*what, done if what[2] else missing) for what, done, missing in steps]
