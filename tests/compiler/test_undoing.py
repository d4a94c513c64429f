"""``undo`` as it is compiled: its call, what it may read, and the order in which undos run."""

import json
from dataclasses import replace

import pytest

from gateway import Gateway
from gateway.compiler.undoing import before
from gateway.config import load_text
from gateway.rehearsal.exchange import exchanged
from gateway.rehearsal.request import parse_request
from tests.support.compiled import messages, route

PAGE = """
upstreams: {{ u: {{ url: "http://127.0.0.1:1" }} }}
routes:
  POST /x/{{id}}:
    steps:
      a: {{ post: u/a, undo: {{ {undo} }} }}
      b: {{ post: u/b, json: "{{a.x}}" }}
      c: {{ post: u/c }}
"""


def undos(steps, key="POST /x/{id}", **rest):
    return route(key, f"{{ steps: {{ {steps} }} }}", **rest)


def test_step_is_undone_by_a_call_of_its_own():
    made = undos('a: { post: users/a, undo: { delete: "users/a/{a.id}" } }')

    (undo,) = made.undos
    assert (undo.index, undo.step.name, undo.step.repeatable, undo.limit) == (0, "undo a", True, 2.0)
    assert made.facts[0].undo == "undone by DELETE users/a/{a.id} if the request fails later"
    assert made.plan.steps[0].direct is None


def test_route_without_undo_is_as_ever():
    made = undos("a: { post: users/a }")

    assert made.undos == ()
    assert made.plan.steps[0].direct is not None


def test_what_read_a_step_is_undone_before_it_and_else_the_last_one_first():
    steps = ", ".join(
        f'{name}: {{ post: "users/{name}/{reads}", undo: {{ delete: users/{name} }} }}'
        for name, reads in {"a": "{c.id}", "b": "", "c": "", "d": "{a.id}"}.items()
    )

    made = undos(steps)

    assert [undo.step.name for undo in made.undos] == ["undo d", "undo a", "undo c", "undo b"]


def test_undo_that_may_not_be_repeated_is_sent_once_unless_it_says_so():
    made = undos("a: { post: users/a, undo: { post: users/b } }, b: { get: users/b }")
    other = undos("a: { post: users/a, undo: { post: users/b, repeatable: true } }, b: { get: users/b }")

    assert (made.undos[0].step.repeatable, other.undos[0].step.repeatable) == (False, True)


def test_undo_has_a_timeout_of_its_own_or_its_upstreams_below_the_time_limit():
    made = undos("a: { post: users/a, undo: { delete: users/a, timeout: 300ms } }, b: { get: users/b }")
    usual = undos("a: { post: users/a, undo: { delete: users/a } }")
    step = "a: { post: users/a, undo: { delete: users/a } }"
    cut = route("POST /x", f"{{ time_limit: 500ms, steps: {{ {step} }} }}")

    assert [each.undos[0].step.timeout for each in (made, usual, cut)] == [0.3, 1.0, 0.4]


def test_undo_reads_its_step_what_that_needed_and_the_request():
    assert not messages(PAGE.format(undo='delete: "u/a/{a.id}?by={header.x-user}&of={id}"'))


@pytest.mark.parametrize(
    ("undo", "message"),
    [
        ('delete: "u/a/{b.id}"', "the undo of `a` cannot read `b`: it may not have ended by then"),
        ('delete: "u/a/{c.id}"', "the undo of `a` cannot read `c`: it may not have ended by then"),
        (
            'delete: "u/a/{a.id}", if_unknown: on',
            "with `if_unknown` there may be no answer of `a` to be read",
        ),
        ('delete: "u/a/{nobody}"', "nothing is called `nobody`"),
        ("delete: nowhere/a", "no upstream is called `nowhere`"),
        (
            "post: u/a, retry: { attempts: 3 }",
            "`retry` is for calls that may be sent twice, and this one may not",
        ),
        (
            "delete: u/a, timeout: 5s",
            "a step's timeout must be below the route's time limit, which is 2 s",
        ),
        ("timeout: 1s", "this step makes no call"),
        ("delete: u/a, cache: { ttl: 1s }", "unknown key `cache` in `undo`"),
        ("delete: u/a, required: true", "unknown key `required` in `undo`"),
        ("delete: u/a, if_unknown: maybe", "if_unknown: `maybe` is neither `on` nor `off`"),
    ],
)
def test_what_an_undo_cannot_be_is_a_fault(undo, message):
    assert messages(PAGE.format(undo=undo)) == [message]


def test_with_a_default_the_answer_may_be_read_also_if_nobody_knows():
    undo = 'post: u/a, json: { id: "{a.id | null}", of: "{id}" }, if_unknown: on'

    assert not messages(PAGE.format(undo=undo))


def test_list_cannot_be_undone():
    text = PAGE.format(undo="delete: u/a").replace("post: u/a,", 'for_each: "{body.items}", post: u/a,')

    assert messages(text) == ["what is done for each item of a list cannot be undone"]


def test_steps_before_another_are_all_on_the_way_to_it():
    assert before("d", {"d": ["b"], "b": ["a", "c"], "c": ["a"], "a": [], "e": ["a"]}) == {"a", "b", "c"}


async def test_what_is_only_tried_undoes_nothing_at_an_upstream():
    config = """
upstreams: { users: { url: http://127.0.0.1:1 } }
routes:
  POST /x:
    steps:
      a: { post: users/a, example: { id: 1 }, undo: { delete: "users/a/{a.id}" } }
      b: { post: users/b, example: { id: 2 } }
    merge: { steps: [a, b] }
"""
    gateway = Gateway(replace(load_text(config, {}), examples="POST /x"), environ={})
    async with gateway:
        answer = await exchanged(gateway, parse_request("POST /x"))

    assert (answer.status, json.loads(answer.body)["undo"]) == (502, {"a": "done"})
