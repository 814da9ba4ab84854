"""Calls to addresses that people typed in: none leads inside, none hangs, none floods."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from cocreate.notify.outbound import AddressRefused, CallFailed, check, is_public, post_json

HOSTS = {"qyapi.weixin.qq.com"}
URL = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k"


def public(_host: str, _port: int) -> list[str]:
    return ["203.0.113.9", "8.8.8.8"][1:]


@pytest.mark.parametrize(
    "url",
    [
        "http://qyapi.weixin.qq.com/x", "https://qyapi.weixin.qq.com:8443/x", "https://evil-qyapi.weixin.qq.com/x",
        "https://qyapi.weixin.qq.com.evil.example/x", "https://user:pw@qyapi.weixin.qq.com/x", "ftp://qyapi.weixin.qq.com",
        "https://127.0.0.1/x", "https://[::1]/x", "https://qyapi.weixin.qq.com\\@evil.example/x", "https:///x", "x",
        "https://qyapi.weixin.qq.com:99999/x", "https://qyapi.weixin.qq.com/a b", "https://[qyapi.weixin.qq.com/x",
    ],
)  # fmt: skip
def test_only_the_vendors_own_host_over_https_is_called(url: str) -> None:
    with pytest.raises(AddressRefused):
        check(url, hosts=HOSTS, resolve=public)


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"], ["10.1.2.3"], ["169.254.169.254"], ["192.168.0.9"], ["172.16.0.1"], ["100.64.0.1"], ["0.0.0.0"],
        ["::1"], ["fe80::1"], ["fd00::1"], ["::ffff:127.0.0.1"], ["64:ff9b::7f00:1"], ["2002:7f00:1::"], ["224.0.0.1"],
        ["8.8.8.8", "127.0.0.1"], [], ["nonsense"],
    ],
)  # fmt: skip
def test_a_name_that_leads_inside_is_refused_though_one_of_its_addresses_is_public(addresses: list[str]) -> None:
    with pytest.raises(AddressRefused):
        check(URL, hosts=HOSTS, resolve=lambda _host, _port: addresses)


def test_a_public_address_is_returned_to_be_connected_to() -> None:
    assert check(URL, hosts=HOSTS, resolve=public)[1] == "8.8.8.8"
    assert is_public("2606:4700:4700::1111")


def test_the_name_is_asked_anew_for_each_call_and_checked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_args: Any, **_kwargs: Any) -> None:
        raise AssertionError("connected")

    monkeypatch.setattr(socket, "create_connection", never)
    with pytest.raises(AddressRefused):
        post_json(URL, {}, hosts=HOSTS, resolve=lambda _host, _port: ["10.0.0.1"])


def test_the_connection_goes_to_the_checked_address(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def note(target: Any, *_rest: Any) -> None:
        asked.append(target)
        raise OSError

    monkeypatch.setattr(socket, "create_connection", note)
    with pytest.raises(CallFailed):
        post_json(URL, {}, hosts=HOSTS, resolve=public)
    assert asked == [("8.8.8.8", 443)]


class _Handler(BaseHTTPRequestHandler):
    behave: Callable[["_Handler"], None]

    def do_POST(self) -> None:  # noqa: N802 (http.server's name)
        type(self).behave(self)

    def log_message(self, *_args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Callable[..., tuple[str, list[Any]]]]:
    """`server(behave)`: address of a real HTTP server, and the bodies that it was sent."""
    running: list[ThreadingHTTPServer] = []

    def start(behave: Callable[[Any], None]) -> tuple[str, list[Any]]:
        bodies: list[Any] = []

        def answer(handler: Any) -> None:
            content = handler.rfile.read(int(handler.headers["content-length"]))
            bodies.append((handler.path, json.loads(content)))
            behave(handler)

        one = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"behave": answer}))
        running.append(one)
        threading.Thread(target=one.serve_forever, args=(0.05,), daemon=True).start()
        return f"127.0.0.1:{one.server_address[1]}", bodies

    yield start
    for one in running:
        one.shutdown()
        one.server_close()


def reply(status: int, body: bytes, **headers: str) -> Callable[[Any], None]:
    def send(handler: Any) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("content-length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return send


def test_an_allowed_inner_address_is_called_and_answers(server: Any) -> None:
    address, bodies = server(reply(200, b'{"errcode":0}'))
    answer = post_json(f"http://{address}/send?key=k", {"座": "椅"}, hosts=HOSTS, allow={address})
    assert (answer.status, answer.json()) == (200, {"errcode": 0})
    assert bodies == [("/send?key=k", {"座": "椅"})]


def test_a_redirect_is_an_answer_and_not_followed(server: Any) -> None:
    inner, seen = server(reply(200, b"secret"))
    address, _ = server(reply(302, b"", location=f"http://{inner}/"))
    assert post_json(f"http://{address}/", {}, hosts=HOSTS, allow={address, inner}).status == 302
    assert seen == []


def test_a_flood_is_cut_off(server: Any) -> None:
    address, _ = server(reply(200, b"x" * 200_000))
    with pytest.raises(CallFailed):
        post_json(f"http://{address}/", {}, hosts=HOSTS, allow={address})


def test_a_drip_ends_at_the_time_limit(server: Any) -> None:
    def drip(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("content-length", "1000")
        handler.end_headers()
        for _ in range(100):
            try:
                handler.wfile.write(b"x")
            except OSError:
                return
            time.sleep(0.05)

    address, _ = server(drip)
    begun = time.monotonic()
    with pytest.raises(CallFailed):
        post_json(f"http://{address}/", {}, hosts=HOSTS, allow={address}, seconds=0.5)
    assert time.monotonic() - begun < 3
