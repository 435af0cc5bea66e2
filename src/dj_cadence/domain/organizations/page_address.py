"""Where an organization's pages stand: one part of an address, whatever its code is made of."""

import re
from urllib.parse import quote

_AWKWARD = re.compile(r"[/\\?#%;~]|^\.{1,2}$")
"""What servers, proxies and browsers take for more than a letter, even where it is quoted."""
_STAND_IN = re.compile(r"~([0-9A-F]{2})")


def organization_path(code: str) -> str:
    """The path of an organization's page; `~2F` stands in for a slash, and the like."""
    plain = _AWKWARD.sub(lambda match: "".join(f"~{ord(c):02X}" for c in match[0]), code)
    return f"/orgs/{quote(plain, safe='')}"


def code_in_path(part: str) -> str:
    """The code that `organization_path` put into an address, as the server hands it over."""
    return _STAND_IN.sub(lambda match: chr(int(match[1], 16)), part)
