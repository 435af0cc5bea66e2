"""Writes to single members of a WeCom organization (企业微信) as a message of an app.

The access token is kept in memory until it expires. What is wrong on our side of the
matter (secret, app, trusted address) is passing; only a member who is none is struck off.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from dj_cadence.domain.messages.notifier import Audience, Letter, Notifier, Sender, Traits
from dj_cadence.errors import Blame, DeliveryError
from dj_cadence.transport.chat_text import fit
from dj_cadence.transport.http import TIMEOUT_SECONDS, HttpAnswer, Poster, reply_of

SERVICE = "企业微信"
API = "https://qyapi.weixin.qq.com"
MOST_BYTES = 2048
_STALE_TOKEN = (40014, 42001)
_SAME_TEXT_SECONDS = 14_400  # the longest that the service watches for twins
_MARGIN_SECONDS = 60
_ACCOUNT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")


@dataclass(frozen=True, slots=True)
class Options:
    """One app of one organization."""

    corp_id: str
    agent_id: int
    secret: str = field(repr=False)
    api: str
    """Another one where the organization runs WeCom by itself (政务微信)."""
    timeout_seconds: float


def open_notifier(options: Mapping[str, object], sender: Sender, folder: Path) -> Notifier:
    """Options: corp_id, agent_id, secret, api, timeout_seconds."""
    return WecomApp(
        Options(
            corp_id=str(options["corp_id"]),
            agent_id=int(str(options["agent_id"])),
            secret=str(options["secret"]),
            api=str(options.get("api", API)).rstrip("/"),
            timeout_seconds=float(str(options.get("timeout_seconds", TIMEOUT_SECONDS))),
        )
    )


class WecomApp:
    """The address of a letter is the member's account (帐号, userid)."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._poster = Poster(SERVICE, options.timeout_seconds, ("errcode", "errmsg"))
        self._token = ""
        self._good_until = 0.0
        shown = f"应用 {options.agent_id}（{options.corp_id}）"
        self.traits = Traits(Audience.CHAT, None, shown, self._poster.deadline_seconds)

    def send(self, letter: Letter) -> str:
        if not _ACCOUNT.fullmatch(letter.to):  # "@all" and "a|b" would reach others
            raise DeliveryError(f"“{letter.to}”不是企业微信帐号", Blame.ADDRESS)
        answer = self._submitted(letter)
        reply = self._reply(answer)
        if answer.fields.get("invaliduser") or answer.fields.get("unlicenseduser"):
            # No such member, or one to whom the app is not shown: it does not say which.
            raise DeliveryError(f"{SERVICE}拒收：不是应用可见的成员", Blame.MAILBOX)
        return reply

    def _submitted(self, letter: Letter) -> HttpAnswer:
        """What the service answers, to a token renewed once where need be."""
        answer = self._submit(letter)
        if answer.code("errcode") in _STALE_TOKEN:
            self._token = ""
            answer = self._submit(letter)
        return answer

    def close(self) -> None:
        """Connections are let go; the token stays good."""
        self._poster.close()

    def _submit(self, letter: Letter) -> HttpAnswer:
        body = {
            "touser": letter.to,
            "msgtype": "text",
            "agentid": self._options.agent_id,
            "text": {"content": fit(letter.text, MOST_BYTES)},
            "enable_duplicate_check": 1,
            "duplicate_check_interval": _SAME_TEXT_SECONDS,
        }
        url = f"{self._options.api}/cgi-bin/message/send"
        return self._poster.post(url, body, query={"access_token": self._access_token()})

    def _access_token(self) -> str:
        if not self._token or monotonic() >= self._good_until:
            asked = {"corpid": self._options.corp_id, "corpsecret": self._options.secret}
            answer = self._poster.get(f"{self._options.api}/cgi-bin/gettoken", asked)
            self._reply(answer)
            self._token = str(answer.fields.get("access_token", ""))
            lasts = (answer.code("expires_in") or 0) - _MARGIN_SECONDS
            self._good_until = monotonic() + lasts
        return self._token

    def _reply(self, answer: HttpAnswer) -> str:
        return reply_of(SERVICE, answer, secrets=(self._options.secret, self._token))
