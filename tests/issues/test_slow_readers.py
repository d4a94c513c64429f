"""Answers that their clients did not read were not counted: a few slow readers could fill the memory."""

from tests.support.gateways import Site, eventually, replying, serving

CONFIG = """
server: { max_buffered: 40MiB }
upstreams: { a: { url: "${URL}", max_response: 20MiB } }
routes:
  GET /x: { steps: { x: { get: a/x } }, respond: "{x}" }
"""

SIZE = 16 * 2**20  # more than the kernel's buffers take


async def test_bytes_count_until_their_client_has_read_them():
    site = Site({"/x": replying(b'"' + b"x" * (SIZE - 2) + b'"')})
    async with serving(CONFIG, URL=site) as served:
        async with served.client() as slow, served.client() as gone:
            for client in (slow, gone):
                client.send("GET", "/x")
                await eventually(lambda: len(site.asked) and served.held().get("a connections") is None)
            await eventually(
                lambda: len(site.asked) == 2 and served.held() == {"buffered": 2 * SIZE}, 5.0, served.held
            )
            refused = await served.get("/x")
            assert (refused.status, refused.json["cause"]) == (503, "bulkhead_full")
            assert len((await slow.answer()).body) == SIZE
            await eventually(lambda: served.held() == {"buffered": SIZE}, 5.0, served.held)
            gone.writer.transport.abort()
        await served.idle()
        assert served.gateway.upstreams["a"].client.state().in_use == 0
