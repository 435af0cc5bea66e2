"""Who is asking: the signed cookie of a person, or the administrator at this machine."""

import hmac
import re
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from dj_cadence.domain.token import make_token
from dj_cadence.settings import Settings

COOKIE = "dj_cadence"
LIFE = timedelta(days=30)
_FORM = re.compile(r"([0-9]{1,9})\.([0-9]{1,12})\.[\w-]+")
"""Person, second of issue, signature."""


def sign_in(response: Response, settings: Settings, person_id: int, now: datetime) -> None:
    """Let the browser carry who it is, for 30 days."""
    response.set_cookie(
        COOKIE,
        _signed(settings.key, person_id, int(now.timestamp())),
        max_age=int(LIFE.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=settings.web_address.startswith("https:"),
    )


def sign_out(response: Response) -> None:
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")


def signed_in(request: Request, settings: Settings, now: datetime) -> int:
    """The id of the person whose cookie this is; 0 for none, a forged or an old one."""
    cookie = request.cookies.get(COOKIE, "")
    found = _FORM.fullmatch(cookie)
    if found is None:
        return 0
    person_id, issued = int(found[1]), int(found[2])
    expected = _signed(settings.key, person_id, issued)
    is_ours = hmac.compare_digest(cookie.encode(), expected.encode())
    return person_id if is_ours and now.timestamp() < issued + LIFE.total_seconds() else 0


def _signed(key: bytes, person_id: int, issued: int) -> str:
    return f"{person_id}.{issued}.{make_token(key, 'session', f'person:{person_id}', issued)}"
