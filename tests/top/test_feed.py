"""Asking the admin listener gives numbers, or words for why there are none."""

import socket
import threading

import pytest

from gateway.top import feed as feed_module
from gateway.top.feed import Away, Feed
from tests.support.admin_feed import admin_feed
from tests.support.processes import free_ports


@pytest.fixture
def admin():
    with admin_feed() as feed:
        yield feed


@pytest.mark.parametrize("ending", ["", "/"])
def test_feed_is_asked_at_its_place(admin, ending, snapshot, feed_body):
    admin.body = feed_body

    assert Feed(admin.url + ending).ask() == snapshot
    assert admin.asked == ["/feed.json"]


def test_proxy_of_the_environment_is_not_asked(admin, feed_body, snapshot, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    admin.body = feed_body

    assert Feed(admin.url).ask() == snapshot


def test_public_listener_is_suspected(admin):
    admin.status = 404

    with pytest.raises(Away, match=r"says 404 \(is it the admin listener\?\)"):
        Feed(admin.url).ask()


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}", b""])
def test_what_is_no_feed_is_told_as_such(admin, body):
    admin.body = body

    with pytest.raises(Away, match="is not a feed that this version reads"):
        Feed(admin.url).ask()


def test_nobody_there_is_told_in_the_systems_words():
    with pytest.raises(Away, match=r"^Connection refused$"):
        Feed(f"http://127.0.0.1:{free_ports(1)[0]}").ask()


def test_silence_ends(monkeypatch):
    monkeypatch.setattr(feed_module, "LIMIT", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(Away, match=r"^silent for 0\.05 s$"):
        Feed(f"http://127.0.0.1:{silent.getsockname()[1]}").ask()


def test_what_does_not_speak_http_is_told():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer():
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"220 mail.example ESMTP\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(Away, match="220 mail"):
            Feed(f"http://127.0.0.1:{server.getsockname()[1]}").ask()
        thread.join()


@pytest.mark.parametrize(
    "admin",
    ["127.0.0.1:9901", "ftp://host", "http://", "http://host:99999", "http://host/?x=1", "localhost", ""],
)
def test_address_that_is_none_is_refused(admin):
    with pytest.raises(ValueError, match=r"address|[Pp]ort"):
        Feed(admin)
