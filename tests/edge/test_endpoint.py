"""One route answers: complete, degraded, failed or refused; and it knows when there is nobody to answer."""

import asyncio

import pytest

from gateway.buffered import Buffered
from gateway.call import stack
from gateway.edge.endpoint import Answering, Endpoint
from gateway.edge.incoming import Intake
from gateway.edge.inputs import Input
from gateway.edge.reader import reading
from gateway.layers.observe import observing_calls
from gateway.outcome import Cause, Failure, Freshness, Success
from gateway.plan.background import Background
from gateway.plan.engine import Engine
from gateway.plan.merge import merging, splicing
from gateway.plan.model import Plan, Step
from gateway.timers import Timers
from tests.support.asgi import AsgiClient
from tests.support.meters import RecordingMeter
from tests.support.sources import After, Hang, ScriptedSource

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
JSON = ("content-type", "application/json")


class RequestMeter:
    def __init__(self):
        self.records, self.gone = [], 0

    def record(self, status, degraded, seconds):
        self.records.append((status, degraded, round(seconds, 3)))

    def client_gone(self):
        self.gone += 1


class AccessLog:
    def __init__(self):
        self.ended, self.refusals, self.sizes = [], [], []

    def __call__(self, run, status, degraded, seconds, size):
        self.sizes.append(size)
        self.ended.append((run.plan.route, status, degraded, round(seconds, 3)))

    def refused(self, route, status, trace, seconds):
        self.refusals.append((route, status, trace.request_id))


class Route:
    """A route over scripted steps, named in the order given; ``ask`` is one request to it."""

    def __init__(self, *, inputs=(), merge=None, time_limit=1.0, required=(), unrepeatable=(), **steps):
        loop = asyncio.get_running_loop()
        self.engine = Engine(Timers(loop), Buffered(1000), Background(), loop.time)
        self.meter, self.log, self.seen = RequestMeter(), AccessLog(), []
        self.sources = {name: ScriptedSource().will(entry) for name, entry in steps.items()}
        self.answering = {
            "headers": {},
            "reads_body": any(each.root == "body" for each in inputs),
            "max_body": 100,
            "own_credentials": frozenset(),
            "degraded_in_body": True,
            "expose_degraded": True,
            "expose_timing": True,
        }
        observed = observing_calls(RecordingMeter(), loop.time)
        made = [
            Step(
                name,
                index,
                stack(source, [observed]),
                prepare=lambda scope: None,
                required=name in required,
                repeatable=name not in unrepeatable,
            )
            for index, (name, source) in enumerate(self.sources.items())
        ]
        self.plan = Plan("GET /x", tuple(made), time_limit, merge or every_part(list(steps)))
        self.inputs = inputs

    def that(self, **answering):
        """The same route with answers that look so."""
        self.answering |= answering
        return self

    async def ask(self, *args, path=None, **request):
        client = AsgiClient(*args, **request)
        await self.endpoint(client.scope, client.receive, client.send, path or {})
        return client

    @property
    def endpoint(self):
        return Endpoint(
            self.plan,
            reading(self.inputs),
            Answering(**self.answering),
            engine=self.engine,
            intake=Intake(),
            meter=self.meter,
            access_log=self.log,
            witness=self.witness,
        )

    def witness(self, run, status, degraded, seconds):
        self.seen.append((run.plan.route, status, degraded, round(seconds, 3)))


def every_part(names):
    """``{"a": …, "b": …}``: what an answer is where nothing else is said."""
    parts, bodies = [b"{"], []
    for index, name in enumerate(names):
        parts[-1] += b',"%b":' % name.encode() if index else b'"%b":' % name.encode()
        bodies.append((len(parts), index))
        parts += [b"null", b""]
    parts[-1] += b"}"
    splice = splicing(parts, bodies, [])
    return lambda scope: splice(scope.inputs, scope.outcomes)


def fallback(cause=Cause.TIMEOUT):
    return Success(b"[]", Freshness.FALLBACK, cause)


async def test_complete_answer_is_the_merged_body_as_json():
    answer = await Route(a=Success(b'{"n":1.50}'), b=Success(b"[2]")).ask()

    assert (answer.status, answer.body) == (200, b'{"a":{"n":1.50},"b":[2]}')
    assert answer.headers["content-type"] == "application/json"
    assert "gateway-degraded" not in answer.headers
    assert "cache-control" not in answer.headers


async def test_answer_names_every_step_with_its_time_and_the_trace():
    answer = await Route(a=After(0.125), b=After(0.0625)).ask(headers=[("traceparent", TRACEPARENT)])

    assert answer.headers["server-timing"] == (
        "a;dur=125.0, b;dur=62.5, trace;desc=0af7651916cd43dd8448eb211c80319c"
    )


async def test_request_id_of_the_client_comes_back():
    answer = await Route(a=Success(b"1")).ask(headers=[("x-request-id", "mine-1")])

    assert answer.headers["x-request-id"] == "mine-1"


async def test_request_without_an_id_gets_one():
    answer = await Route(a=Success(b"1")).ask()

    assert len(answer.headers["x-request-id"]) == 32


async def test_status_and_headers_of_the_route_are_on_its_answers():
    route = Route(a=Success(b"1")).that(
        status=201, headers={"X-Kind": "profile", "Cache-Control": "max-age=5"}
    )

    answer = await route.ask()

    assert answer.status == 201
    assert (answer.headers["x-kind"], answer.headers["cache-control"]) == ("profile", "max-age=5")


async def test_content_type_of_the_route_replaces_ours():
    answer = await Route(a=Success(b"1")).that(headers={"Content-Type": "application/hal+json"}).ask()

    assert [value for name, value in answer.sent[0]["headers"] if name == b"content-type"] == [
        b"application/hal+json"
    ]


async def test_missing_optional_part_degrades_the_answer_and_is_named():
    route = Route(a=Success(b"1"), b=Failure(Cause.FAILED, status=500))

    answer = await route.ask()

    assert answer.status == 200
    assert answer.headers["gateway-degraded"] == "b;cause=failed;served=nothing"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json == {"a": 1, "b": None, "degraded": {"b": {"cause": "failed", "served": "nothing"}}}
    assert route.meter.records == [(200, True, 0.0)]


async def test_fallback_degrades_the_answer_and_is_named_as_one():
    answer = await Route(a=fallback(Cause.CIRCUIT_OPEN)).ask()

    assert answer.headers["gateway-degraded"] == "a;cause=circuit_open;served=fallback"


async def test_degraded_answer_is_never_stored_whatever_the_route_says():
    answer = await Route(a=fallback()).that(headers={"cache-control": "max-age=60"}).ask()

    assert [value for name, value in answer.sent[0]["headers"] if name == b"cache-control"] == [b"no-store"]


async def test_route_may_leave_the_body_alone():
    answer = await Route(a=fallback()).that(degraded_in_body=False).ask()

    assert answer.json == {"a": []}
    assert "gateway-degraded" in answer.headers


async def test_server_may_tell_nothing_of_degraded_parts_but_still_forbids_storing():
    answer = await Route(a=fallback()).that(expose_degraded=False).ask()

    assert answer.json == {"a": []}
    assert "gateway-degraded" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"


async def test_server_may_tell_no_times():
    assert "server-timing" not in (await Route(a=Success(b"1")).that(expose_timing=False).ask()).headers


async def test_failed_required_step_is_a_problem_that_names_it():
    route = Route(a=Success(b"1"), b=Failure(Cause.FAILED, "secret-host said 500", 500), required=["b"])

    answer = await route.ask(headers=[("x-request-id", "r-1")])

    assert answer.status == 502
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.json["cause"], answer.json["step"], answer.json["request_id"]) == ("failed", "b", "r-1")
    assert b"secret-host" not in answer.body
    assert 'b;dur=0.0;desc="failed"' in answer.headers["server-timing"]
    assert route.meter.records == [(502, False, 0.0)]


async def test_request_fails_when_no_step_answers():
    answer = await Route(a=Failure(Cause.UNREACHABLE), b=Failure(Cause.TIMEOUT)).ask()

    assert (answer.status, answer.json["step"]) == (502, "a")


async def test_parts_that_contradict_each_other_are_a_problem_of_the_merge():
    route = Route(a=Success(b'{"x":1}'), b=Success(b'{"x":2}'), merge=merging([("a", 0), ("b", 1)]))

    answer = await route.ask()

    assert (answer.status, answer.json["cause"], answer.json["step"]) == (502, "unreadable", "merge")


@pytest.mark.parametrize(("own", "status"), [({0}, 403), ({1}, 502), (set(), 502)])
async def test_refusal_of_credentials_is_passed_on_only_if_they_are_the_clients_own(own, status):
    route = Route(a=Failure(Cause.REJECTED, status=403), b=Success(b"1"), required=["a"])

    assert (await route.that(own_credentials=frozenset(own)).ask()).status == status


async def test_time_limit_is_answered_with_what_is_there():
    route = Route(a=Success(b"1"), b=Hang(), time_limit=0.5)

    answer = await route.ask()

    assert answer.headers["gateway-degraded"] == "b;cause=out_of_time;served=nothing"
    assert route.meter.records == [(200, True, 0.5)]


async def test_client_may_shorten_the_time_limit():
    route = Route(a=Hang(), time_limit=5.0)

    answer = await route.ask(headers=[("x-request-timeout-ms", "200")])

    assert answer.status == 504
    assert route.meter.records == [(504, False, 0.2)]


async def test_time_of_the_body_is_part_of_the_time_limit():
    route = Route(a=Hang(), inputs=[Input("body", (), "json")], time_limit=0.5)

    answer = await route.ask("POST", headers=[JSON], body=[b"[", 0.4, b"]"])

    assert (answer.status, route.meter.records) == (504, [(504, False, 0.5)])


async def test_faulty_input_is_a_400_and_no_step_is_called():
    route = Route(
        a=Success(b"1"), inputs=[Input("query", ("n",), "int"), Input("query", ("m",), required=True)]
    )

    answer = await route.ask(query=b"n=x")

    assert answer.status == 400
    assert [error["parameter"] for error in answer.json["errors"]] == ["query.n", "query.m"]
    assert route.sources["a"].calls == []
    assert route.meter.records == [(400, False, 0.0)]


async def test_steps_see_the_checked_inputs():
    route = Route(a=Success(b"1"), inputs=[Input("path", ("id",), "int", required=True)])

    await route.ask(path={"id": "7"})

    assert route.sources["a"].calls[0].inputs == ["7"]


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ([("content-type", "text/plain")], [b"{}"], 415),
        ([], [b"{}"], 415),
        ([JSON], [b"x" * 60, b"x" * 60], 413),
        ([JSON, ("content-length", "101")], [b""], 413),
        ([JSON], [b"{"], 400),
        ([JSON], [b"{", 2.0, b"}"], 408),
    ],
)
async def test_body_that_cannot_be_taken_is_refused_before_the_first_call(headers, body, status):
    route = Route(a=Success(b"1"), inputs=[Input("body", (), "json")])

    answer = await route.ask("POST", headers=headers, body=body)

    assert (answer.status, route.sources["a"].calls) == (status, [])
    assert route.engine.buffered.used == 0


async def test_body_for_which_there_is_no_space_is_refused_for_a_while():
    route = Route(a=Success(b"1"), inputs=[Input("body", (), "json")])
    route.engine.buffered.take(999)

    answer = await route.ask("POST", headers=[JSON], body=[b"{}"])

    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert route.engine.buffered.used == 999


async def test_route_that_reads_no_body_never_asks_for_one():
    client = await Route(a=Success(b"1")).ask("POST", body=[b"x"])

    assert (client.status, client.asked) == (200, 0)


async def test_bytes_of_the_body_are_held_until_the_answer_is_out():
    route = Route(a=After(0.2), inputs=[Input("body", (), "json")])
    task = asyncio.ensure_future(route.ask("POST", headers=[JSON], body=[b'{"n": 1}']))
    await asyncio.sleep(0.1)
    held = route.engine.buffered.used

    await task

    assert (held, route.engine.buffered.used) == (8, 0)


async def test_client_that_leaves_gets_no_answer_and_ends_its_calls():
    route = Route(a=Hang(), time_limit=5.0)
    began = route.engine.loop.time()

    client = await route.ask(leaves_after=0.0)

    assert client.sent == []
    assert route.engine.loop.time() - began <= 0.1
    assert (route.meter.gone, route.meter.records, route.log.ended) == (1, [], [])
    assert route.sources["a"].in_flight == 0


async def test_client_that_leaves_in_its_body_starts_nothing():
    route = Route(a=Success(b"1"), inputs=[Input("body", (), "json")])

    client = await route.ask("POST", headers=[JSON], body=[b"{", ...])

    assert (client.sent, route.meter.gone, route.sources["a"].calls) == ([], 1, [])
    assert route.engine.buffered.used == 0


async def test_sent_unrepeatable_call_outlives_its_client():
    route = Route(a=After(1.0), unrepeatable=["a"], time_limit=5.0)

    await route.ask(leaves_after=0.0)

    assert route.sources["a"].in_flight == 1
    await route.engine.background.drain(5.0)
    assert route.sources["a"].in_flight == 0


async def test_cancelled_request_gives_its_body_back():
    route = Route(a=Hang(), inputs=[Input("body", (), "json")], time_limit=5.0)
    task = asyncio.ensure_future(route.ask("POST", headers=[JSON], body=[b"{}"]))
    await asyncio.sleep(0.1)

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert route.engine.buffered.used == 0


async def test_bug_in_reading_inputs_keeps_no_bytes():
    class Broken(dict):
        def __getitem__(self, key):
            raise ZeroDivisionError

    route = Route(
        a=Success(b"1"), inputs=[Input("body", (), "json"), Input("path", ("id",), "int", required=True)]
    )

    with pytest.raises(ZeroDivisionError):
        await route.ask("POST", headers=[JSON], body=[b"{}"], path=Broken(id="1"))

    assert route.engine.buffered.used == 0


async def test_head_is_answered_without_a_body_but_with_its_length():
    answer = await Route(a=Success(b"1")).ask("HEAD")

    assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", "7")


async def test_every_answered_request_is_logged():
    route = Route(a=After(0.1), b=Failure(Cause.FAILED))

    await route.ask()

    assert route.log.ended == [("GET /x", 200, True, 0.1)]


async def test_witness_sees_what_a_plan_answered_and_nothing_else():
    route = Route(a=After(0.1), b=Failure(Cause.FAILED), inputs=[Input("query", ("m",), required=True)])

    await route.ask()
    await route.ask(query=b"m=1")

    assert route.seen == [("GET /x", 200, True, 0.1)]


async def test_refused_request_is_logged_under_its_id():
    route = Route(a=Success(b"1"), inputs=[Input("query", ("m",), required=True)])

    await route.ask(headers=[("x-request-id", "r-1")])

    assert route.log.refusals == [("GET /x", 400, "r-1")]
