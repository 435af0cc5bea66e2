"""The cookie of a login: a random secret, of which the server keeps the hash."""

from starlette.requests import Request
from starlette.responses import Response

from dj_cadence.services.access.logins import LIFE
from dj_cadence.settings import Settings

COOKIE = "dj_cadence"
_SYSTEMS = {
    "iPhone": "苹果手机",
    "iPad": "苹果平板",
    "HarmonyOS": "鸿蒙手机",
    "OpenHarmony": "鸿蒙手机",
    "Android": "安卓手机",
    "Windows": "Windows 电脑",
    "Macintosh": "苹果电脑",
    "Linux": "Linux 电脑",
}
_PROGRAMS = {
    "wxwork": "企业微信",
    "MicroMessenger": "微信",
    "DingTalk": "钉钉",
    "Feishu": "飞书",
    "Lark": "飞书",
    "QQBrowser": "QQ浏览器",
    "Edg": "Edge",
    "Firefox": "Firefox",
    "Chrome": "Chrome",
    "Safari": "Safari",
}


def sign_in(response: Response, settings: Settings, secret: str) -> None:
    """Let the browser carry the secret of a login."""
    response.set_cookie(
        COOKIE,
        secret,
        max_age=int(LIFE.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=settings.web_address.startswith("https:"),
    )


def sign_out(response: Response) -> None:
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")


def secret_of(request: Request) -> str:
    """What the browser carries; empty for nothing."""
    return request.cookies.get(COOKIE, "")


def device(request: Request) -> str:
    """What the browser says it is, in a few words: 安卓手机·微信."""
    agent = request.headers.get("user-agent", "")
    named = (_first(_SYSTEMS, agent), _first(_PROGRAMS, agent))
    return "·".join(filter(None, named)) or "没有说明的设备"


def _first(names: dict[str, str], agent: str) -> str:
    return next((name for sign, name in names.items() if sign in agent), "")
