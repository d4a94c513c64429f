"""A question of a task: it ends once, with answers or with why there are none."""

import pytest

from gateway.stores.redis_question import Asked, Bundle, Trouble, UnansweredError, bundled


async def test_task_gets_the_answers():
    asked = Asked([("GET", "a")], b"a")
    asked.sending()
    asked.answered([b"1"])
    asked.failed(Trouble.LOST, "too late")

    assert (await asked.future, asked.wanted()) == ([b"1"], False)


async def test_task_hears_why_there_are_none():
    asked = Asked([("GET", "a")], b"a")
    assert asked.wanted()
    asked.failed(Trouble.FULL, "too much to do")
    asked.answered([b"1"])

    with pytest.raises(UnansweredError) as failed:
        await asked.future
    assert failed.value.args == (Trouble.FULL, "too much to do")


def test_questions_that_are_asked_as_one_are_a_transaction_and_each_gets_its_own_answers():
    one, other = Told([("GET", "a"), ("PTTL", "a")]), Told([("GET", "b")])
    bundle = Bundle([one, other])

    assert bundle.commands == [("MULTI",), ("GET", "a"), ("PTTL", "a"), ("GET", "b"), ("EXEC",)]
    assert bundle.key == b"key"
    bundle.sending()
    bundle.answered([b"OK", b"QUEUED", b"QUEUED", b"QUEUED", [b"1", 5, b"2"]])
    assert (one.told, other.told) == (["sending", [b"1", 5]], ["sending", [b"2"]])


def test_transaction_that_the_server_refuses_is_an_error_for_each_answer():
    one, other = Told([("GET", "a"), ("PTTL", "a")]), Told([("GET", "b")])
    error = ValueError("EXECABORT")
    Bundle([one, other]).answered([b"OK", error, error, error, error])
    Bundle([one, other]).failed(Trouble.LOST, "why")

    assert (one.told, other.told) == ([[error, error], Trouble.LOST], [[error], Trouble.LOST])


def test_transaction_is_sent_while_anybody_wants_it():
    one, other = Told([("GET", "a")]), Told([("GET", "b")])
    one.is_wanted = False
    assert Bundle([one, other]).wanted()
    other.is_wanted = False
    assert not Bundle([one, other]).wanted()


def test_only_what_must_be_asked_as_one_is_bundled_together_or_each_by_itself():
    plain, one, other = Told([("GET", "a")], as_one=False), Told([("GET", "b")]), Told([("GET", "c")])

    assert bundled([plain], together=True) == [plain]
    assert [len(each.commands) for each in bundled([one, plain, other], together=True)] == [1, 4]
    assert [len(each.commands) for each in bundled([one, plain, other], together=False)] == [1, 3, 3]


class Told:
    """A question that writes down what it is told."""

    def __init__(self, commands, as_one=True):
        self.commands = commands
        self.key = b"key"
        self.as_one = as_one
        self.is_wanted = True
        self.told = []

    def wanted(self):
        return self.is_wanted

    def sending(self):
        self.told.append("sending")

    def answered(self, answers):
        self.told.append(answers)

    def failed(self, trouble, note):
        self.told.append(trouble)
