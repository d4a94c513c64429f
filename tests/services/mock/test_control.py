"""The control API: what it accepts, what it answers."""

from tests.support.raw_http import RawClient, ask


async def test_put_answers_the_fault_as_understood_and_get_lists_all_that_stand(ports):
    port = ports["orders"]
    first = await ask(port, "PUT", "/__faults", {"latency_ms": 5000})
    await ask(port, "PUT", "/__faults", {"path": "/internal/orders", "status": 503})
    assert first.json["latency_ms"] == 5000
    listed = (await ask(port, "GET", "/__faults")).json["faults"]
    assert [(fault["path"], fault.get("status")) for fault in listed] == [
        ("/", None),
        ("/internal/orders", 503),
    ]


async def test_an_unknown_key_is_refused_and_named_and_nothing_changes(ports):
    answer = await ask(ports["orders"], "PUT", "/__faults", {"status": 503, "latnecy_ms": 5})
    assert answer.status == 422
    assert "latnecy_ms" in answer.body.decode()
    assert (await ask(ports["orders"], "GET", "/__faults")).json == {"faults": []}


async def test_delete_takes_all_faults_away_with_204(ports):
    await ask(ports["orders"], "PUT", "/__faults", {"status": 503})
    assert (await ask(ports["orders"], "DELETE", "/__faults")).status == 204
    assert (await ask(ports["orders"], "GET", "/__faults")).json == {"faults": []}


async def test_last_shows_the_headers_of_the_last_twenty_requests_newest_last(ports):
    async with RawClient(ports["users"]) as client:
        for number in range(1, 24):
            client.send("GET", f"/internal/users/{number}?q=%20", headers=[("TraceParent", f"id-{number}")])
            await client.answer()
    requests = (await ask(ports["users"], "GET", "/__last")).json["requests"]
    assert len(requests) == 20
    assert (requests[-1]["method"], requests[-1]["path"], requests[-1]["query"]) == (
        "GET",
        "/internal/users/23",
        "q=%20",
    )
    assert ["traceparent", "id-23"] in requests[-1]["headers"]


async def test_last_never_shows_control_requests(ports):
    await ask(ports["users"], "GET", "/__stats")
    assert (await ask(ports["users"], "GET", "/__last")).json == {"requests": []}
