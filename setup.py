"""Compiles the path of a request with mypyc where ``GATEWAY_COMPILE=1`` asks for it (docs/decisions/0019).

Without it nothing is compiled and nothing is missing: the same modules run as they are.
"""

import os
import tomllib
from pathlib import Path

from setuptools import setup


def extensions() -> list:
    """One extension of all modules that ``[tool.gateway] compiled`` names."""
    if os.environ.get("GATEWAY_COMPILE") != "1":
        return []
    from mypyc.build import mypycify  # noqa: PLC0415 - only a compiling build needs it

    root = Path(__file__).parent
    chosen = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["gateway"]["compiled"]
    modules = [f"gateway/{module.replace('.', '/')}.py" for module in chosen]
    return mypycify(modules, opt_level="3", debug_level="0")


setup(ext_modules=extensions())
