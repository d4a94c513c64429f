"""Plans nobody wrote: whatever upstreams send, an answer is what decoding, shaping and encoding give, or says
that a part is unreadable; it is never a broken document.
"""

import msgspec

from gateway.outcome import Cause, Failure, Freshness, Success
from gateway.plan.merge import with_degraded
from gateway.shaping.program import shaped_outcome
from gateway.sources.bodies import checked
from tests.shaping.test_program import document, expected, stage
from tests.support.compiled import route
from tests.support.seeded import seeded
from tests.support.shapes import modelled, shape_of
from tests.support.templates import scope

__all__ = ["seeded"]

encode = msgspec.json.Encoder().encode
STEPS = ("one", "two", "three")
SPOILED = (
    lambda rng, body: body[: rng.randrange(len(body))],
    lambda rng, body: body + b"}",
    lambda rng, body: body.replace(b'"', b"'", 1),
    lambda rng, body: b"\xff" + body,
    lambda rng, body: body.replace(b":", b"", 1),
    lambda rng, body: b"[" * 600 + body + b"]" * 600,
    lambda rng, body: b'{"a":"\\ud800"}',
    lambda rng, body: b"NaN",
    lambda rng, body: bytes(rng.randrange(256) for _ in range(20)),
)
"""From a document to what is none, in most cases."""


def plan_of(rng):
    """A route's settings as text, its steps' stages, and the route's own."""
    shapes = [one_stage(rng) if rng.random() < 0.7 else None for _ in STEPS]
    own = one_stage(rng) if rng.random() < 0.4 else None
    steps = {name: {"get": "users", **(keys or {})} for name, keys in zip(STEPS, shapes, strict=True)}
    respond = rng.choice([None, {"a": "{one}", "rest": ["{two.a}", "{three}"]}, "{two}"])
    settings = {"steps": steps, **({} if respond is None else {"respond": respond}), **(own or {})}
    return encode(settings).decode(), shapes, own, respond


def one_stage(rng):
    """A stage whose picks the model knows."""
    while True:
        keys = stage(rng)
        if "pick" not in keys:
            return keys


def model_answer(respond, parts):
    """What ``respond`` makes of the decoded parts; ``None`` for one that is not there."""
    one, two, three = parts
    if respond is None:
        return dict(zip(STEPS, parts, strict=True))
    if respond == "{two}":
        return two
    return {"a": one, "rest": [two.get("a") if isinstance(two, dict) else None, three]}


def test_answers_of_generated_plans_are_those_of_decoded_data(seeded):
    met = {"answered": 0, "spoiled": 0, "unfit": 0}
    for _ in range(30):
        text, shapes, own, respond = plan_of(seeded)
        plan = route("GET /x", text).plan
        for _ in range(15):
            bodies = [encode(document(seeded)) for _ in STEPS]
            outcomes = []
            for body, keys in zip(bodies, shapes, strict=True):
                sent = body
                if seeded.random() < 0.25:
                    sent = seeded.choice(SPOILED)(seeded, body)
                document_ = checked(sent)
                outcome = document_ if isinstance(document_, Failure) else Success(document_)
                met["spoiled"] += isinstance(outcome, Failure)
                if keys is not None and isinstance(outcome, Success):
                    wanted = expected(outcome.body, [keys])
                    outcome = shaped_outcome(shape_of(**keys))(outcome)
                    met["unfit"] += isinstance(outcome, Failure)
                    found = outcome.cause if isinstance(outcome, Failure) else outcome.body
                    assert (found if sent is body else compact(found)) == wanted
                outcomes.append(outcome)
            answer = plan.merge(scope((), outcomes))
            parts = [msgspec.json.decode(o.body) if isinstance(o, Success) else None for o in outcomes]
            wanted = encode(model_answer(respond, parts))
            if own is not None:
                wanted = expected(wanted, [own])
            met["answered"] += isinstance(answer, bytes)

            assert all(o.cause is Cause.UNREADABLE for o in outcomes if isinstance(o, Failure))
            assert (answer.cause if isinstance(answer, Failure) else compact(answer)) == compact(wanted), text
            if isinstance(answer, bytes):
                assert checked(answer) == answer
                assert checked(with_degraded(answer, b'{"one":{}}')) == with_degraded(answer, b'{"one":{}}')
    assert min(met.values()) > 20, met


def compact(body):
    """A document as it is encoded without blanks: spoiled ones may be documents after all, with some."""
    return encode(msgspec.json.decode(body)) if isinstance(body, bytes) else body


def test_model_and_shape_agree_that_null_is_nothing_to_shape():
    assert modelled(None, [{"wrap": "x"}]) is None
    assert shaped_outcome(shape_of(wrap="x"))(Success(b"null", Freshness.CACHED)).body == b"null"
