"""What each vendor's group robot wants to be sent, and what it answers. Texts are plain: nothing in them is a mention
or a link in disguise.

WeCom: developer.work.weixin.qq.com/document/path/99110. Feishu: open.feishu.cn, bot-v3/add-custom-bot. DingTalk:
open.dingtalk.com, custom robot. Slack: docs.slack.dev, incoming webhooks.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from cocreate.notify.outbound import Reply
from cocreate.notify.robots.models import Vendor


@dataclass(frozen=True)
class Rule:
    """A vendor's hosts, how much text it takes in UTF-8 bytes, and how far apart posts must be."""

    label: str
    hosts: frozenset[str]
    text_bytes: int
    seconds_apart: float
    signed: bool


RULES: dict[Vendor, Rule] = {
    # 20 posts a minute each; WeCom counts bytes. Feishu takes 100 a minute, Slack one a second.
    Vendor.WECOM: Rule("企业微信", frozenset({"qyapi.weixin.qq.com"}), 2048, 3.2, signed=False),
    Vendor.FEISHU: Rule("飞书", frozenset({"open.feishu.cn", "open.larksuite.com"}), 8000, 1.0, signed=True),
    Vendor.DINGTALK: Rule("钉钉", frozenset({"oapi.dingtalk.com"}), 8000, 3.2, signed=True),
    Vendor.SLACK: Rule("Slack", frozenset({"hooks.slack.com"}), 3000, 1.2, signed=False),
}


def request(vendor: Vendor, url: str, secret: str, text: str, moment: datetime) -> tuple[str, dict[str, Any]]:
    """The address, signed where the vendor signs there, and the body of a text message."""
    safe = harmless(vendor, text)
    if vendor == Vendor.SLACK:
        return url, {"text": safe, "unfurl_links": False, "mrkdwn": False}
    if vendor == Vendor.FEISHU:
        body: dict[str, Any] = {"msg_type": "text", "content": {"text": safe}}
        if secret:
            stamp = str(int(moment.timestamp()))
            body |= {"timestamp": stamp, "sign": feishu_sign(stamp, secret)}
        return url, body
    body = {"msgtype": "text", "text": {"content": safe}}
    if vendor == Vendor.DINGTALK and secret:
        stamp = str(int(moment.timestamp() * 1000))
        url += f"{'&' if '?' in url else '?'}timestamp={stamp}&sign={dingtalk_sign(stamp, secret)}"
    return url, body


def feishu_sign(stamp: str, secret: str) -> str:
    """Seconds and secret are the key, and nothing is the message."""
    return base64.b64encode(hmac.new(f"{stamp}\n{secret}".encode(), b"", hashlib.sha256).digest()).decode()


def dingtalk_sign(stamp: str, secret: str) -> str:
    """Milliseconds and secret are the message, the secret is the key; quoted for the address."""
    digest = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
    return quote(base64.b64encode(digest).decode(), safe="")


def harmless(vendor: Vendor, text: str) -> str:
    """The text as text: what a vendor would take for a mention or a link is shown as it was written."""
    if vendor == Vendor.SLACK:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("<", "＜").replace("@", "＠")


def fit(vendor: Vendor, lines: list[str], link: str, *, more: str) -> str:
    """The lines that fit into one message, cut between characters, with the link always at its end. more: stands
    where something was left out."""
    room = RULES[vendor].text_bytes - len(harmless(vendor, f"\n{more}\n{link}").encode())
    kept: list[str] = []
    for line in lines:
        size = len((harmless(vendor, line) + "\n").encode())
        if size > room:
            cut = _cut(vendor, line, room) if not kept else ""
            return "\n".join(filter(None, [*kept, cut, more, link]))
        kept.append(line)
        room -= size
    return "\n".join([*kept, link])


def _cut(vendor: Vendor, line: str, room: int) -> str:
    while line and len(harmless(vendor, line).encode()) > room:
        line = line[: -max(1, len(line) // 20)]
    return line


def accepted(vendor: Vendor, reply: Reply) -> tuple[bool, bool, str]:
    """Whether the vendor took the message, whether another try may help, and what it said. The Chinese vendors say
    200 whatever happens: the body tells."""
    if vendor == Vendor.SLACK:
        return reply.status == 200, reply.status == 429 or reply.status >= 500, f"{reply.status} {reply.text[:80]}"
    answer = reply.json()
    if reply.status != 200 or not isinstance(answer, dict):
        return False, reply.status == 429 or reply.status >= 500 or reply.status == 200, f"{reply.status}"
    code = answer.get("errcode", answer.get("code", answer.get("StatusCode")))
    said = str(answer.get("errmsg", answer.get("msg", "")))[:100]
    return code == 0, code in _BUSY, f"{code} {said}"


_BUSY = {45009, 130101, 11232, -1}
"""Too many messages, or busy: it is worth trying again."""
