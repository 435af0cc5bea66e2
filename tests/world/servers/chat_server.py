"""A real HTTP server on the loopback that answers like each of the chat services.

It checks what the services check (key, signature, length) and fails as it is told.
"""

import hmac
import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from dj_cadence import clock

KEY, SECRET, CORP = "693a91f6-7aoc", "SECgeheim", "ww0123"
HOUR_SECONDS = 3600


@dataclass
class ChatServer:
    """What the services got, and how they are to behave."""

    port: int = 0
    mood: str = ""
    """Empty: well. Else refuse, busy, hang, drop, or a status such as 503."""
    texts: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    """The paths asked for."""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    token_number: int = 0
    """The access token that is good now."""
    patience: Event = field(default_factory=Event)
    """Set at the end, so that nothing hangs longer than its test."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer(
        self, path: str, query: Mapping[str, str], headers: Message, body: bytes
    ) -> Mapping[str, object] | int:
        """The JSON, or the status, that the service of `path` answers with."""
        fields = json.loads(body) if body else {}
        services: Mapping[str, Callable[[], Mapping[str, object] | int]] = {
            "/cgi-bin/webhook/send": lambda: self._wecom_robot(query, fields),
            "/robot/send": lambda: self._dingtalk(query, fields, len(body)),
            f"/open-apis/bot/v2/hook/{KEY}": lambda: self._feishu(fields, len(body)),
            "/cgi-bin/gettoken": lambda: self._token(query),
            "/cgi-bin/message/send": lambda: self._wecom_app(query, fields),
            "/webhook": lambda: self._webhook(headers, fields, body),
            "/sms": lambda: self._sms(fields),
        }
        return services[path]() if path in services else 404

    def _wecom_robot(self, query: Mapping[str, str], body: dict[str, Any]) -> Mapping[str, object]:
        if self.mood == "refuse" or query != {"key": KEY}:
            said = f"invalid webhook url, hint: [1], more info {KEY}"
            return {"errcode": 93000, "errmsg": said}
        if self.mood == "busy":
            return {"errcode": 45009, "errmsg": f"api freq out of limit {KEY}"}
        text = body["text"]["content"]
        if len(text.encode()) > 2048:
            return {"errcode": 93000, "errmsg": "Invalid input : content exceed max length."}
        return self._take(text, body)

    def _dingtalk(
        self, query: Mapping[str, str], body: dict[str, Any], size: int
    ) -> Mapping[str, object]:
        moment = query.get("timestamp", "")
        if self.mood == "refuse" or query.get("access_token") != KEY:
            return {"errcode": 400101, "errmsg": f"access_token不存在 {KEY} {SECRET}"}
        if not _is_recent(moment, 1000) or query.get("sign") != _signed(
            SECRET.encode(), f"{moment}\n{SECRET}"
        ):
            return {"errcode": 310000, "errmsg": "sign not match"}
        if self.mood == "busy":
            return {"errcode": 410100, "errmsg": "发送速度太快而限流"}
        if size > 20_000:
            return {"errcode": 460101, "errmsg": "message too long"}
        return self._take(body["text"]["content"], body)

    def _feishu(self, body: dict[str, Any], size: int) -> Mapping[str, object]:
        moment = body.get("timestamp", "")
        if self.mood == "refuse":
            return {"code": 19001, "msg": f"param invalid: incoming webhook access token {KEY}"}
        if not _is_recent(moment, 1) or body.get("sign") != _signed(
            f"{moment}\n{SECRET}".encode(), ""
        ):
            return {"code": 19021, "msg": "sign match fail or timestamp is not within one hour"}
        if self.mood == "busy":
            return {"code": 11232, "msg": "create message trigger rate limit"}
        if size > 20_000:
            return {"code": 9499, "msg": "Bad Request"}
        self._take(body["content"]["text"], body)
        return {"code": 0, "msg": "success", "StatusCode": 0}

    def _token(self, query: Mapping[str, str]) -> Mapping[str, object]:
        if query != {"corpid": CORP, "corpsecret": SECRET}:
            return {"errcode": 40001, "errmsg": f"invalid credential {query['corpsecret']}"}
        self.token_number += 1
        return {"errcode": 0, "access_token": f"token{self.token_number}", "expires_in": 7200}

    def _wecom_app(self, query: Mapping[str, str], body: dict[str, Any]) -> Mapping[str, object]:
        token = query.get("access_token", "")
        if token != f"token{self.token_number}" or self.mood == "stale":
            return {"errcode": 42001, "errmsg": f"access_token expired {token}"}
        if self.mood == "refuse":
            return {"errcode": 81013, "errmsg": f"user & party & tag all invalid {token}"}
        if self.mood == "stranger":
            return {"errcode": 0, "errmsg": "ok", "invaliduser": body["touser"]}
        if self.mood == "busy":
            return {"errcode": 45009, "errmsg": f"api freq out of limit {token}"}
        text = body["text"]["content"]
        if len(text.encode()) > 2048:
            return {"errcode": 40058, "errmsg": "content exceed max length"}
        return self._take(text, body)

    def _webhook(
        self, headers: Message, fields: dict[str, Any], body: bytes
    ) -> Mapping[str, object] | int:
        moment = headers["X-Cadence-Timestamp"]
        signed = hmac.new(SECRET.encode(), f"{moment}.".encode() + body, sha256).hexdigest()
        if headers["X-Cadence-Signature"] != f"sha256={signed}":
            return 403
        if self.mood == "refuse":
            return 410
        if self.mood == "busy":
            return 429
        assert headers["Idempotency-Key"] == fields["id"]
        assert _is_recent(moment, 1)
        return self._take(fields["text"], fields)

    def _sms(self, body: dict[str, Any]) -> Mapping[str, object]:
        if self.mood == "refuse" or body["password"] != SECRET:
            return {"code": 4, "said": f"unknown number, {SECRET}"}
        if self.mood == "busy":
            return {"code": 5, "said": "later"}
        return {**self._take(body["text"], body), "code": 0, "said": "ok"}

    def _take(self, text: str, body: dict[str, Any]) -> Mapping[str, object]:
        self.texts.append(text)
        self.bodies.append(body)
        return {"errcode": 0, "errmsg": "ok"}


def _is_recent(moment: str, parts: int) -> bool:
    return moment.isdecimal() and (
        abs(int(moment) / parts - clock.now().timestamp()) < HOUR_SECONDS
    )


def _signed(key: bytes, text: str) -> str:
    return b64encode(hmac.new(key, text.encode(), sha256).digest()).decode()


@contextmanager
def chat_server() -> Iterator[ChatServer]:
    """The services at their paths, until the block ends."""
    services = ChatServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._reply()

        def do_POST(self) -> None:
            self._reply()

        def _reply(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            services.requests.append(parts.path)
            if services.mood == "hang":
                services.patience.wait(30)
            if services.mood in ("hang", "drop"):
                self.close_connection = True
                return
            query = dict(parse_qsl(parts.query))
            if services.mood.isdecimal():
                found: Mapping[str, object] | int = int(services.mood)
            else:
                found = services.answer(parts.path, query, self.headers, body)
            status = found if isinstance(found, int) else 200
            content = b"" if isinstance(found, int) else json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_arguments: object) -> None:
            """Nothing is said about requests."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    services.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield services
    finally:
        services.patience.set()
        server.shutdown()
        thread.join()
        server.server_close()
