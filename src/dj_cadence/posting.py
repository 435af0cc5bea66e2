"""Posting JSON to a service over HTTP, for the notifiers that do so.

The addresses posted to are secrets themselves, so no error and no log line repeats one.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2

from dj_cadence.errors import DeliveryError

TIMEOUT_SECONDS = 10.0
_LONGEST_REPLY = 300
_PASSING = (401, 403, 407, 408, 425, 429)
"""Of the 4xx: who we are and how we ask is the operator's to mend, and haste is over soon."""
_REASONS = {
    httpx2.ConnectTimeout: "连接超时",
    httpx2.TimeoutException: "等待超时",
    httpx2.ConnectError: "连接不上",
    httpx2.TransportError: "对方断开了连接",
}
for _talker in ("httpx2", "httpcore2"):  # they log whole addresses, with the keys in them
    logging.getLogger(_talker).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service said with a status of 2xx."""

    status: int
    fields: Mapping[str, Any]
    """The JSON object of the body; empty where it was none."""

    def code(self, name: str) -> int | None:
        """A field that is a number, or None."""
        value = self.fields.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None


class Poster:
    """Posts over connections that are kept until `close`; afterwards it opens new ones."""

    def __init__(self, service: str, timeout_seconds: float) -> None:
        self._service = service
        self._timeout = timeout_seconds
        self._client: httpx2.Client | None = None

    def post(
        self,
        url: str,
        body: Mapping[str, object],
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Post `body`; `query` is added to what `url` asks for already.

        Raises DeliveryError where nothing came back, or a status other than 2xx: for good
        if what was asked for is to blame (most of 4xx), else passing.
        """
        return self._ask("POST", url, encoded(body), query or {}, headers or {})

    def get(self, url: str, query: Mapping[str, str]) -> Answer:
        """Ask for something; fails as `post` does."""
        return self._ask("GET", url, None, query, {})

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def _ask(
        self,
        method: str,
        url: str,
        content: bytes | None,
        query: Mapping[str, str],
        headers: Mapping[str, str],
    ) -> Answer:
        headers = {"Content-Type": "application/json; charset=utf-8", **headers}
        if self._client is None:
            self._client = httpx2.Client(timeout=self._timeout)
        try:
            target = httpx2.URL(url).copy_merge_params(query)
            response = self._client.request(method, target, content=content, headers=headers)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            self.close()
            reason = next((why for kind, why in _REASONS.items() if isinstance(error, kind)), None)
            raise DeliveryError(
                f"{self._service}：{reason or '地址不可用'}", permanent=False
            ) from None
        if not response.is_success:
            status = response.status_code
            permanent = 400 <= status < 500 and status not in _PASSING
            raise DeliveryError(f"{self._service}拒收：HTTP {status}", permanent=permanent)
        return Answer(response.status_code, _object(response.content))


def encoded(body: Mapping[str, object]) -> bytes:
    """The bytes that `post` sends, for whoever has to sign or to measure them."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def verdict(
    service: str, code: int | None, said: object, *, for_good: bool, secrets: Sequence[str]
) -> str:
    """The reply for the delivery log; raises DeliveryError where `code` is not 0.

    Chat services refuse inside of a status 200. `for_good` says whether a refusal is so.
    Secrets that the service repeats are masked.
    """
    if code is None:
        raise DeliveryError(f"{service}的答复看不懂", permanent=False)
    reply = " ".join(f"{code} {said or ''}".split())
    for secret in filter(None, secrets):
        reply = reply.replace(secret, "…")
    if code != 0:
        raise DeliveryError(f"{service}拒收：{reply[:_LONGEST_REPLY]}", permanent=for_good)
    return reply[:_LONGEST_REPLY]


def _object(content: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
