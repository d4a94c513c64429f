"""A folder with a configuration's Python steps beside it, and a distribution that brings sources along."""

import contextlib
import itertools
import sys
import textwrap

from gateway import Gateway

_NUMBERS = itertools.count()

STEPS = """
import asyncio

from gateway.outcome import Cause, Failure


async def score(asked):
    return {"score": asked.values["of"] * 2, "in_time": asked.left > 0}


async def fails(asked):
    raise ValueError("a secret of the function")


async def refuses(asked):
    return Failure(Cause.UNREACHABLE, "nobody there")


async def knows_none(asked):
    return Failure(Cause.REJECTED, "no such thing", 404)


async def hangs(asked):
    await asyncio.sleep(60)


def plain(asked):
    return 1


class Counts:
    async def __call__(self, asked):
        return asked.attempt


counts = Counts()
"""

BROUGHT = """
class Prices:
    def __init__(self, options):
        self.currency = options["currency"]
        self.opened = 0

    async def open(self):
        self.opened += 1

    async def close(self):
        self.opened -= 1

    def details(self):
        return {"opened": self.opened}

    async def __call__(self, asked):
        return {"sku": asked.values["sku"], "currency": self.currency}


def plain(options):
    return lambda asked: None


def fails(options):
    raise ValueError(f"{options['key']} is not a key")
"""


class Folder:
    """Configurations in *path*; ``MODULE`` in them is the module of steps beside them."""

    def __init__(self, path, module):
        self.path = path
        self.module = module

    def gateway(self, text, **environ):
        """A gateway of the configuration *text*; raises ``ConfigError``."""
        file = self.path / "gateway.yaml"
        file.write_text(textwrap.dedent(text).replace("MODULE", self.module))
        return Gateway(file, environ=environ)


@contextlib.contextmanager
def steps_beside(path):
    """The modules of above in *path*, and an installed distribution ``gateway-prices``; gone at the end."""
    name = f"steps_{next(_NUMBERS)}"
    (path / f"{name}.py").write_text(STEPS)
    (path / f"{name}_broken.py").write_text("import nothing_is_called_so\n")
    site = path / "site"
    dist = site / "gateway_prices-1.2.dist-info"
    dist.mkdir(parents=True)
    (site / f"{name}_brought.py").write_text(BROUGHT)
    (dist / "METADATA").write_text("Metadata-Version: 2.1\nName: gateway-prices\nVersion: 1.2\n")
    made = {"prices": "Prices", "plain": "plain", "fails": "fails", "gone": "gone"}
    entries = "".join(f"{key} = {name}_brought:{value}\n" for key, value in made.items())
    (dist / "entry_points.txt").write_text(f"[gateway.sources]\n{entries}")
    before = [*sys.path]
    sys.path.insert(0, str(site))
    try:
        yield Folder(path, name)
    finally:
        sys.path[:] = before
        for module in [each for each in sys.modules if each.startswith(name)]:
            del sys.modules[module]
