"""`calculator(expression)`: arithmetic, and nothing that takes long or reaches anything.

The expression is parsed by Python and evaluated here, node by node: there are numbers, operators
and a few functions; no names beside them, no attributes, no texts, no huge powers. Numbers are
fractions, so that `0.1 + 0.2` is 0.3, until a function such as `sqrt` has no exact value. Every
step is bounded before it is taken: one step in C could outlast the function.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from decimal import Context, Decimal
from fractions import Fraction
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
EXACT_BITS = 4_000
"""Of a denominator, or of what a power comes to; beyond these a number is a float."""
MOST_PLACES = 100
"""That `round` can be asked for, before or after the point."""
FLOAT_DIGITS = 15
LONGEST_DECIMALS = 30
SHORTEST_DECIMALS = 12
"""Behind the point: what is written exactly, and what is written of a number without an end."""
SMALLEST_PLAIN = -15
"""The power of ten from which a number is written without an exponent."""
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


def calculate(expression: str) -> Fraction | float:
    """The value. Raises `ValueError`, which says what is wrong in words for the model."""
    if len(expression) > LONGEST:
        raise ValueError("The expression is too long.")
    written = expression.replace("^", "**").replace("×", "*").replace("÷", "/").replace("−", "-")
    one_line = " ".join(written.split())
    try:
        value = _value(ast.parse(one_line, mode="eval").body, one_line.encode())
    except ZeroDivisionError:
        raise ValueError("That is a division by zero.") from None
    except OverflowError:
        raise ValueError("The numbers are too large.") from None
    except (SyntaxError, RecursionError, MemoryError, TypeError):
        raise ValueError("That is no arithmetic expression.") from None
    except ValueError as fault:
        raise ValueError(f"{str(fault).capitalize().rstrip('.')}.") from None
    if not math.isfinite(value):
        raise ValueError("The result is not a number.")
    return value


def _run(arguments: Mapping[str, Any], until: int) -> str:
    try:
        return _written(calculate(checked_arguments([EXPRESSION], arguments)["expression"]))
    except WrongArgument as fault:
        raise ToolFailed(f"{fault}.") from None
    except ValueError as fault:
        raise ToolFailed(str(fault)) from None


def _written(value: Fraction | float) -> str:
    """In digits: all of a number that ends, of any other as many as are certain."""
    if isinstance(value, float):
        digits = Decimal(f"{value:.{FLOAT_DIGITS}g}")
    else:
        over, under = Decimal(value.numerator), Decimal(value.denominator)
        whole = len(str(abs(value.numerator) // value.denominator))
        digits = Context(prec=whole + LONGEST_DECIMALS).divide(over, under)
        if Fraction(digits) != value:
            precision = max(whole + SHORTEST_DECIMALS, FLOAT_DIGITS)
            digits = Context(prec=precision).divide(over, under)
    if not digits:
        return "0"
    is_plain = digits.adjusted() >= SMALLEST_PLAIN
    return f"{digits:f}" if is_plain else f"{digits.normalize():e}"


def _value(node: ast.expr, line: bytes) -> Fraction | float:
    """`line` is the whole expression: a literal's own digits are exact, its float is not."""
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return _literal(number, line[node.col_offset : node.end_col_offset].decode())
        case ast.Name(id=name) if name in NAMES:
            return NAMES[name]
        case ast.UnaryOp(op=sign, operand=operand) if type(sign) in _SIGNS:
            return _bounded(_SIGNS[type(sign)](_value(operand, line)))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _bounded(_OPERATORS[type(op)](_value(left, line), _value(right, line)))
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in _FUNCTIONS:
            values = [_value(argument, line) for argument in arguments]
            return _bounded(_FUNCTIONS[name](*values))
    raise ValueError("Only numbers, + - * / // % **, brackets and simple functions can be used.")


def _literal(number: int | float, digits: str) -> Fraction | float:
    """A float only if its exponent is such that the fraction would be huge."""
    if isinstance(number, float) and 1 / LARGEST < number < LARGEST:
        return Fraction(digits)
    return _bounded(number)


def _bounded(number: Any) -> Fraction | float:
    """A complex result, as of the root of a negative number, is none."""
    if not isinstance(number, int | float | Fraction):
        raise ValueError("The result is not a real number.")
    if not -LARGEST <= number <= LARGEST:
        raise OverflowError
    if isinstance(number, int):
        return Fraction(number)
    if isinstance(number, Fraction) and number.denominator.bit_length() > EXACT_BITS:
        return float(number)
    return number


def _power(base: Fraction | float, exponent: Fraction | float) -> Any:
    if not -LARGEST_EXPONENT <= exponent <= LARGEST_EXPONENT:
        raise OverflowError
    if isinstance(base, Fraction):
        bits = max(base.numerator.bit_length(), base.denominator.bit_length())
        if not -EXACT_BITS <= exponent * bits <= EXACT_BITS:
            base = float(base)
    return base**exponent


def _round(number: Fraction | float, places: Fraction | float = Fraction(0)) -> Any:
    if places != int(places) or not -MOST_PLACES <= places <= MOST_PLACES:
        raise ValueError(f"round takes whole places from -{MOST_PLACES} to {MOST_PLACES}.")
    return round(number, int(places)) if places else round(number)


def _factorial(number: Fraction | float) -> int:
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
