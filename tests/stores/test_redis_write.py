"""A copy on its way: it is as old as it is when it leaves, and its end is told once."""

from gateway.stores.redis_copy import decode
from gateway.stores.redis_question import Trouble
from gateway.stores.redis_write import Write
from tests.support.copies import copy_of, key_of

KEY = key_of("orders of 7")


class Setting:
    def __init__(self):
        self.now = 100.0
        self.ends = []
        self.copy = copy_of(age=5.0, fresh=60.0)
        self.write = Write(KEY, b"name", self.copy, lambda: self.now, lambda *end: self.ends.append(end))


def test_copy_ages_while_it_waits_to_be_sent_and_is_made_once():
    setting = Setting()
    setting.now = 110.0

    (command,) = setting.write.commands
    setting.now = 120.0

    assert command[:2] == ("SET", b"name")
    assert command[3:] == ("PX", 45_000)
    assert decode(KEY, command[2], 45_000).age == 15.0
    assert setting.write.commands == (command,)


def test_end_says_whether_it_was_written_and_whether_it_was_sent():
    for end, told in (
        (lambda write: write.answered([b"OK"]), (True, True)),
        (lambda write: write.answered([ValueError("OOM")]), (False, True)),
        (lambda write: write.failed(Trouble.LOST, ""), (False, True)),
        (lambda write: write.failed(Trouble.UNSENT, ""), (False, False)),
        (lambda write: write.failed(Trouble.FULL, ""), (False, False)),
    ):
        setting = Setting()
        assert setting.write.wanted()
        setting.write.sending()
        end(setting.write)
        assert setting.ends == [(setting.copy, *told)]
