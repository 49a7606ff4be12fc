"""`calculator(expression)`: arithmetic, and nothing that takes long or reaches anything.

The expression is parsed by Python and evaluated here, node by node: there are numbers, operators
and a few functions; no names beside them, no attributes, no texts, no huge powers.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from switchboard.adapters.plugin_kinds import Resources
from switchboard.domain.conversation import ToolOffer
from switchboard.domain.parameters import (
    Parameter,
    WrongArgument,
    checked_arguments,
    schema_of,
)
from switchboard.domain.plugins import Tool, ToolFailed

LONGEST = 500
"""Characters of an expression."""
LARGEST = 10**100
LARGEST_EXPONENT = 1_000
EXPRESSION = Parameter(
    "expression",
    description="Arithmetic such as `(3 + 4.5) * 2 ** 3 / sqrt(2)`. Decimal points, no commas.",
    required=True,
)
NAMES: Mapping[str, float] = {"pi": math.pi, "e": math.e, "tau": math.tau}


def tool(resources: Resources) -> Tool:
    """Needs nothing."""
    offer = ToolOffer(
        "calculator",
        "Calculates exactly. Use it for every calculation instead of doing it yourself.",
        schema_of([EXPRESSION]),
    )
    return Tool(offer, _run)


def calculate(expression: str) -> float | int:
    """The value. Raises `ValueError`, which says what is wrong in words for the model."""
    if len(expression) > LONGEST:
        raise ValueError("The expression is too long.")
    written = expression.replace("^", "**").replace("×", "*").replace("÷", "/").replace("−", "-")
    try:
        tree = ast.parse(written.strip(), mode="eval")
        value = _value(tree.body)
    except ZeroDivisionError:
        raise ValueError("That is a division by zero.") from None
    except OverflowError:
        raise ValueError("The numbers are too large.") from None
    except (SyntaxError, RecursionError, MemoryError, TypeError):
        raise ValueError("That is no arithmetic expression.") from None
    except ValueError as fault:
        raise ValueError(f"{str(fault).capitalize().rstrip('.')}.") from None
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("The result is not a number.")
    return value


def _run(arguments: Mapping[str, Any], until: int) -> str:
    try:
        value = calculate(checked_arguments([EXPRESSION], arguments)["expression"])
    except WrongArgument as fault:
        raise ToolFailed(f"{fault}.") from None
    except ValueError as fault:
        raise ToolFailed(str(fault)) from None
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _value(node: ast.expr) -> float | int:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return _bounded(number)
        case ast.Name(id=name) if name in NAMES:
            return NAMES[name]
        case ast.UnaryOp(op=sign, operand=operand) if type(sign) in _SIGNS:
            return _bounded(_SIGNS[type(sign)](_value(operand)))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _bounded(_OPERATORS[type(op)](_value(left), _value(right)))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in _FUNCTIONS:
            return _bounded(_FUNCTIONS[name](*map(_value, arguments)))
    raise ValueError("Only numbers, + - * / // % **, brackets and simple functions can be used.")


def _bounded(number: Any) -> float | int:
    """A complex result, as of the root of a negative number, is none."""
    if not isinstance(number, int | float):
        raise ValueError("The result is not a real number.")
    if abs(number) > LARGEST:
        raise OverflowError
    return number


def _power(base: float, exponent: float) -> Any:
    if abs(exponent) > LARGEST_EXPONENT:
        raise OverflowError
    return base**exponent


def _round(number: float, digits: float = 0) -> float | int:
    return round(number, int(digits)) if digits else round(number)


def _factorial(number: float) -> int:
    if number > 69:
        raise OverflowError
    return math.factorial(int(number)) if number == int(number) else math.factorial(-1)


_SIGNS: Mapping[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
}
_OPERATORS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: _power,
}
_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "abs": abs,
    "ceil": math.ceil,
    "cos": math.cos,
    "exp": math.exp,
    "factorial": _factorial,
    "floor": math.floor,
    "log": math.log,
    "log10": math.log10,
    "log2": math.log2,
    "max": max,
    "min": min,
    "round": _round,
    "sin": math.sin,
    "sqrt": math.sqrt,
    "tan": math.tan,
}
