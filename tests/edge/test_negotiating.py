"""The plain ways of a negotiating endpoint; tests/e2e/test_early_flush.py has its streams over sockets."""

from gateway.edge.admission import Admission, AdmittingNegotiating, Priority
from gateway.edge.formats import FORMATS, Formats
from gateway.edge.negotiating import NegotiatingEndpoint
from gateway.outcome import Cause, Failure, Success
from gateway.telemetry.meters import StreamMeter
from tests.edge.test_endpoint import Route


class NegotiatingRoute(Route):
    """A route that can answer in JSON and MessagePack."""

    kind, more = NegotiatingEndpoint, {}

    @property
    def endpoint(self):
        plain = super().endpoint
        return self.kind(
            plain.plan,
            plain.read_inputs,
            plain._answering,
            engine=plain.engine,
            intake=plain.intake,
            meter=plain._meter,
            access_log=plain._access_log,
            formats=Formats([FORMATS["json"], FORMATS["msgpack"]]),
            parts=(),
            merges=False,
            streams=StreamMeter(),
            **self.more,
        )


async def test_form_that_is_asked_for_is_given_and_said():
    answer = await NegotiatingRoute(a=Success(b"1")).ask(headers=[("accept", "application/msgpack")])

    assert answer.body == b"\x81\xa1a\x01"
    assert answer.headers["content-type"] == "application/msgpack"
    assert answer.headers["vary"] == "accept"


async def test_json_is_as_it_was_but_says_that_it_varies():
    answer = await NegotiatingRoute(a=Success(b"1")).ask()

    assert answer.body == b'{"a":1}'
    assert (answer.headers["content-type"], answer.headers["vary"]) == ("application/json", "accept")


async def test_problem_stays_a_problem():
    route = NegotiatingRoute(a=Failure(Cause.TIMEOUT))
    answer = await route.ask(headers=[("accept", "application/msgpack")])

    assert (answer.status, answer.json["cause"]) == (504, "timeout")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_client_that_takes_none_of_them_is_refused_and_nothing_is_called():
    route = NegotiatingRoute(a=Success(b"1"))
    answer = await route.ask(headers=[("accept", "text/html")])

    assert (answer.status, answer.headers["vary"]) == (406, "accept")
    assert route.sources["a"].calls == []
    assert [status for status, *_ in route.meter.records] == [406]


async def test_admission_counts_it_too():
    class Admitting(NegotiatingRoute):
        kind = AdmittingNegotiating
        more = {"admission": Admission(1), "priority": Priority.NORMAL}

    route = Admitting(a=Success(b"1"))
    assert (await route.ask()).status == 200
    Admitting.more["admission"].enter(Priority.CRITICAL)
    assert (await route.ask()).status == 503
