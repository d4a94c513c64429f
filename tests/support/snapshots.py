"""What the feed says of gateways that a test makes up."""

from gateway.dashboard.snapshot import Address, Bar, Process, Request, Route, Snapshot, Upstream

ROUTE = "GET /user/profile/{user_id:int}"


def address(name="http://10.0.0.1", state="closed", *, ejected=False):
    return Address(
        name=name, state=state, open_remaining=0.0, in_flight=0, slots=1000, waiting=0, ejected=ejected
    )


def upstream(name="users", state="closed", **given):
    usual = {
        "reason": "", "last_failure": "", "open_remaining": 0.0, "in_flight": 0, "slots": 1000, "waiting": 0,
        "budget": 10.0, "addresses": [address(state=state)], "rate": 0.0, "refused": 0.0, "errors": 0.0,
        "causes": {}, "p50": None, "p99": None, "history": [],
    }  # fmt: skip
    return Upstream(name=name, state=state, **(usual | given))


def route(name=ROUTE, **given):
    usual = {"rate": 0.0, "errors": 0.0, "degraded": 0.0, "p50": None, "p99": None, "steps": []}
    return Route(route=name, **(usual | given))


def bar(step="orders", outcome="live", cause=None, seconds=0.3):
    return Bar(
        step=step,
        upstream=step,
        start=0.0,
        seconds=seconds,
        attempts=1,
        outcome=outcome,
        cause=cause,
        detail="",
    )


def request(*steps, at=1_799_999_999.0, status=200, seconds=0.305, name=ROUTE):
    return Request(
        id=1, at=at, route=name, status=status, degraded=True, seconds=seconds, time_limit=1.0,
        request_id="r1", trace_id="0" * 32, steps=list(steps),
    )  # fmt: skip


def process(**given):
    usual = {
        "status": "degraded", "phase": "ready", "rate": 420.0, "errors": 0.001, "degraded": 0.3,
        "loop_lag": 0.0004, "buffered": 0, "buffered_limit": 512 * 2**20, "background": 0, "stand_ins": True,
    }  # fmt: skip
    return Process(**(usual | given))


def snapshot(**given):
    """A gateway one of whose upstreams is down; *given* replaces parts of it."""
    usual = {
        "at": 1_800_000_000.0,
        "seconds": 10.0,
        "process": process(),
        "upstreams": [
            upstream("users", rate=1234.0, p50=0.0031, p99=0.0124, in_flight=3),
            upstream(
                "orders", "open", open_remaining=4.21, rate=0.5, errors=0.5, p50=0.3, p99=1.0, in_flight=1000,
                budget=0.3,
            ),
            upstream("recs", "half_open"),
        ],
        "routes": [route(rate=420.0, errors=0.001, degraded=0.3, p50=0.0123, p99=0.4)],
        "recent": [],
        "slowest": [request(bar("users", seconds=0.7), seconds=0.712)],
        "problems": [request(bar("users"), bar("orders", "stale", "timeout"))],
    }  # fmt: skip
    return Snapshot(**(usual | given))
