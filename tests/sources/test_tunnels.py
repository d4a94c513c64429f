"""A tunnel's slot is its link's; sockets stand in tests/e2e/test_tunnel.py."""

from gateway.sources.tunnels import Tunnel


class Link:
    def __init__(self):
        self.codes = []

    def close(self, code):
        self.codes.append(code)


def test_what_is_held_comes_back_when_the_link_is_closed():
    tunnel, link, released = Tunnel(b"/", b"", 1.0, ()), Link(), []
    tunnel.link = link

    assert tunnel.hold(lambda: released.append(1))
    assert released == []
    tunnel.close()
    tunnel.close()
    assert (released, link.codes) == ([1], [1001])


def test_without_a_link_nothing_is_held():
    assert not Tunnel(b"/", b"", 1.0, ()).hold(lambda: None)
