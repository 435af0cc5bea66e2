"""Posting JSON to a service over HTTP, for the notifiers that do so.

The addresses posted to are secrets themselves, so no error and no log line repeats one.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2

from dj_cadence.errors import DeliveryError
from dj_cadence.transport.bounded_client import BoundedClient
from dj_cadence.transport.refusals.chat import judge_chat
from dj_cadence.transport.socket_reader import TooMuch

TIMEOUT_SECONDS = 10.0
_LONGEST_REPLY = 300
_LONGEST_PAUSE = 86_400.0
"""Seconds for which a service may ask to be left alone."""
_REASONS = {
    httpx2.ConnectTimeout: "连接超时",
    httpx2.TimeoutException: "等待超时",
    httpx2.ConnectError: "连接不上",
    httpx2.TransportError: "对方断开了连接",
    TimeoutError: "等待超时",
    TooMuch: "对方的答复没完没了",
}


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What a service said."""

    status: int
    fields: Mapping[str, Any]
    """The JSON object of the body; empty where it was none."""
    verdict_fields: tuple[str, str] | None = None
    retry_after: float | None = None
    """In how many seconds the service wants to be asked again, if it said so."""

    @property
    def verdict(self) -> int | None:
        """The code in its body, 0 for what was accepted."""
        return self.code(self.verdict_fields[0]) if self.verdict_fields else None

    @property
    def said(self) -> str:
        """The words beside the code."""
        return str(self.fields.get(self.verdict_fields[1]) or "") if self.verdict_fields else ""

    def code(self, name: str) -> int | None:
        """A field that is a number, or None."""
        value = self.fields.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None


@dataclass
class Poster:
    """Posts over connections that are kept until `close`; afterwards it opens new ones."""

    _service: str
    _timeout: float
    _verdict: tuple[str, str] | None = None
    """The fields of a body in which the code and the words of it stand."""
    _client: BoundedClient | None = None

    @property
    def deadline_seconds(self) -> float:
        """For a letter: a token may have to be asked for first, and all of it again."""
        return 4 * self._timeout

    def post(
        self,
        url: str,
        body: Mapping[str, object],
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> HttpAnswer:
        """Post `body`; `query` is added to what `url` asks for already.

        Raises DeliveryError where nothing came back, or a status other than 2xx without a
        refusal in its body: services say how they refuse inside of a 200, and of a 400.
        """
        return self._ask("POST", url, query or {}, content=encoded(body), headers=headers or {})

    def get(self, url: str, query: Mapping[str, str]) -> HttpAnswer:
        """Ask for something; fails as `post` does."""
        return self._ask("GET", url, query, headers={})

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def _ask(self, method: str, url: str, query: Mapping[str, str], **how: Any) -> HttpAnswer:
        how["headers"] = {"Content-Type": "application/json; charset=utf-8", **how["headers"]}
        if self._client is None:
            self._client = BoundedClient(self._timeout)
        try:
            target = httpx2.URL(url).copy_merge_params(query)
            response, body = self._client.ask(method, target, **how)
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError, TooMuch) as error:
            may_be_out = self._client.was_handed_over and method == "POST"
            self.close()
            reason = next((why for kind, why in _REASONS.items() if isinstance(error, kind)), None)
            reply = f"{self._service}：{reason or '地址不可用'}"
            if may_be_out:
                raise DeliveryError(f"{reply}，结果不明", unknown=True) from None
            raise DeliveryError(reply) from None
        status, pause = response.status_code, _pause(response.headers)
        answer = HttpAnswer(status, _object(body), self._verdict, pause)
        if not response.is_success and not answer.verdict:
            blame = judge_chat(self._service, status, None, "")
            raise DeliveryError(f"{self._service}拒收：HTTP {status}", blame, retry_after=pause)
        return answer


def encoded(body: Mapping[str, object]) -> bytes:
    """The bytes that `post` sends, for whoever has to sign or to measure them."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def reply_of(service: str, answer: HttpAnswer, *, secrets: Sequence[str]) -> str:
    """The reply for the delivery log; raises DeliveryError where the answer is a refusal.

    Secrets that the service repeats are masked.
    """
    if answer.verdict is None:
        raise DeliveryError(f"{service}的答复看不懂")
    reply = " ".join(f"{answer.verdict} {answer.said}".split())
    for secret in filter(None, secrets):
        reply = reply.replace(secret, "…")
    reply = reply[:_LONGEST_REPLY]
    if answer.verdict != 0:
        blame = judge_chat(service, answer.status, answer.verdict, answer.said)
        raise DeliveryError(f"{service}拒收：{reply}", blame, retry_after=answer.retry_after)
    return reply


def _pause(headers: httpx2.Headers) -> float | None:
    """`Retry-After` in seconds, or what Feishu has in its place; dates are not read."""
    for name in ("Retry-After", "X-Ogw-Ratelimit-Reset"):
        value = headers.get(name, "")
        if value.isascii() and value.isdigit() and len(value) < 9:
            return min(float(value), _LONGEST_PAUSE)
    return None


def _object(content: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(content)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
