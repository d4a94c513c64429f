"""Gateways whose upstreams are functions of the local Lambda endpoint."""

import contextlib

from services.mock.lambda_endpoint import KEY
from tests.support.gateways import serving
from tests.support.lambdas import lambda_served

KEYS = f"{{ access_key_id: {KEY.access_key}, secret_access_key: {KEY.secret_key} }}"
"""Credentials that the endpoint knows; they open nothing else."""

FUNCTIONS = """
upstreams:
  score:
    url: "${{URL}}"
    auth: {{ type: aws_iam, region: eu-west-1, credentials: {keys} }}
    {score}
  fn:
    lambda: {{ function: {function}, region: eu-west-1, endpoint: "${{URL}}", credentials: {keys} }}
    {fn}
routes:
  GET /score/{{id}}: {{ steps: {{ it: {{ get: "score/score/{{id}}"{step} }} }}, respond: "{{it}}" }}
  GET /slow/{{s}}: {{ steps: {{ it: {{ get: "score/?seconds={{s}}"{step} }} }}, respond: "{{it}}" }}
  GET /told/{{how}}: {{ steps: {{ it: {{ get: "score/?how={{how}}"{step} }} }}, respond: "{{it}}" }}
  POST /fn:
    steps: {{ it: {{ upstream: fn, payload: "{{body}}"{call} }} }}
    respond: "{{it}}"
{routes}
"""


@contextlib.asynccontextmanager
async def functions_serving(
    function="score",
    *,
    score="timeout: 1s",
    fn="timeout: 1s",
    step="",
    call="",
    routes="",
    keys=KEYS,
    **limits,
):
    """A gateway, and the endpoint that it calls: ``score`` is *function*'s URL, ``fn`` its name."""
    async with lambda_served(function, **limits) as served:
        config = FUNCTIONS.format(
            function=function, score=score, fn=fn, step=step, call=call, routes=routes, keys=keys
        )
        async with serving(config, URL=served.url) as gateway:
            yield gateway, served
