"""A configuration to try, and gateways of it."""

from gateway import Gateway
from gateway.config import load_text
from gateway.rehearsal.run import rehearse, with_examples

CONFIG = """
upstreams: { users: { url: "${URL:-http://127.0.0.1:1}", retry: off } }
routes:
  GET /user/{id:int}:
    time_limit: 1s
    steps:
      user:   { get: "users/{id}", example: { id: 7.50, kind: a } }
      recs:   { get: "users/recs/{user.kind}", example: [1], wrap: items }
      broken: { get: "users/{user.nothing}", fallback: 0, example: 1 }
  POST /user: { steps: { made: { post: users, body: "{body}", example: { ok: true } } }, status: 201 }
  GET /list:
    steps:
      ids: { value: [1, 2, 2], example: [7, 8] }
      all: { get: "users/{item}", for_each: "{ids}", example: { n: 1 }, pick: "*.n" }
      not: { get: users, when: "{query.yes} == '1'", example: 1 }
  GET /text: { steps: { user: { get: users, example: 1 } }, headers: { x-own: yes } }
"""


def tried(request, *, mock=True, **environ):
    loaded = load_text(CONFIG, environ)
    gateway = Gateway(with_examples(loaded, request) if mock else loaded, environ={})
    return rehearse(gateway, request)
