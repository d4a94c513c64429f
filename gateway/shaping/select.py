"""Selects by a JMESPath expression: the one part of shaping that decodes the whole document.

Numbers come out by value, so ``80.00`` becomes ``80.0``; whole numbers of any length keep their digits. What
an expression finds nothing for is ``null``, as JMESPath has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import Any, Final

import jmespath
import msgspec
from jmespath.exceptions import IncompleteExpressionError, JMESPathError, LexerError, ParseError
from jmespath.functions import Functions

from gateway.shaping.path import PathFault
from gateway.shaping.tree import Unfit

_FUNCTIONS: Final[dict[str, Any]] = Functions.FUNCTION_TABLE

_decode: Final = msgspec.json.Decoder().decode
_encode: Final = msgspec.json.Encoder().encode


def selecting(expression: str) -> Callable[[bytes], bytes]:
    """From a document to what *expression* makes of it. Raises ``PathFault``."""
    search = _parsed(expression).search

    def run(body: bytes) -> bytes:
        try:
            return _encode(search(_decode(body)))
        except JMESPathError as error:
            # Its text has values of the document; only what kind of trouble it is may be told.
            raise Unfit(f"the expression does not fit the document ({type(error).__name__})") from None
        except (TypeError, ValueError, ArithmeticError) as error:
            # Where the library itself meets what it did not expect: text compared with numbers, NaN.
            raise Unfit(f"the expression cannot be evaluated ({type(error).__name__})") from None

    return run


def _parsed(expression: str) -> Any:
    try:
        parsed = jmespath.compile(expression)
    except LexerError as error:
        raise PathFault(f"not JMESPath: {_sentence(error.message)}", error.lex_position) from None
    except IncompleteExpressionError:
        raise PathFault("not JMESPath: it ends too early", len(expression) - 1) from None
    except ParseError as error:
        found = f"`{error.token_value}` is not expected here" if error.token_value else "it ends too early"
        width = len(str(error.token_value))
        raise PathFault(f"not JMESPath: {found}", error.lex_position, width=width) from None
    except JMESPathError as error:
        raise PathFault(f"not JMESPath: {_sentence(str(error))}") from None
    except RecursionError:
        raise PathFault("the expression is nested too deep") from None
    for call in _calls(parsed.parsed):
        _check_call(call, expression)
    return parsed


def _sentence(message: str) -> str:
    return message.strip().rstrip(".:").lower()


def _calls(node: Any) -> Iterator[dict[str, Any]]:
    """The function calls in a parsed expression; the library would look at them only per request."""
    if isinstance(node, dict):
        if node.get("type") == "function_expression":
            yield node
        for child in node.get("children", ()):
            yield from _calls(child)


def _check_call(call: dict[str, Any], expression: str) -> None:
    name, given = call["value"], len(call["children"])
    at = max(expression.find(f"{name}("), 0)
    if name not in _FUNCTIONS:
        close = get_close_matches(name, _FUNCTIONS, 1)
        hint = f"did you mean `{close[0]}`?" if close else f"there are: {', '.join(sorted(_FUNCTIONS))}"
        raise PathFault(f"JMESPath has no function `{name}`", at, hint, len(name))
    signature = _FUNCTIONS[name]["signature"]
    variadic = bool(signature) and signature[-1].get("variadic")
    if given < len(signature) or (given > len(signature) and not variadic):
        least = "at least " if variadic else ""
        wanted = f"{least}{len(signature)} argument{'s' if len(signature) != 1 else ''}"
        raise PathFault(f"`{name}` takes {wanted}, not {given}", at, width=len(name))
