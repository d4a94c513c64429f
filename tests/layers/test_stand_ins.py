"""The switch over fallbacks and stale copies."""

from gateway.layers.fallback import standing_in
from gateway.layers.stand_ins import StandIns, switched
from gateway.outcome import Cause, Failure, Freshness, Success
from tests.support.calls import make_call
from tests.support.sources import ScriptedSource


async def test_f10_switched_off_fallbacks_leave_plain_failures():
    stand_ins = StandIns()
    fallback = switched(lambda f, _: Success(b"[]", Freshness.FALLBACK, f.cause), stand_ins)
    backed = standing_in(fallback)(ScriptedSource().will(Failure(Cause.TIMEOUT)))
    assert (await backed(make_call())).body == b"[]"

    stand_ins.allowed = False
    assert isinstance(await backed(make_call()), Failure)

    stand_ins.allowed = True
    assert (await backed(make_call())).freshness is Freshness.FALLBACK


def test_switch_describes_itself():
    stand_ins = StandIns()
    assert repr(stand_ins) == "<StandIns allowed>"

    stand_ins.allowed = False
    assert repr(stand_ins) == "<StandIns off>"
