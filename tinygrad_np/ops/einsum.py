"""Any sum of products in a line: `einsum`, and `tensordot`, which is one.

An einsum is reduced to matrix products, two operands at a time, and its derivative is an einsum with the letters
changed round.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..primitive import primitive
from ..protocols import answer_for
from ..tensor import Tensor
from .creation import as_tensor
from .shape import fed, shape_of

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"  # `string` has them, and takes time to import


@primitive(promotion="common")
def einsum_(*operands: Any, subscripts: str) -> Any:
    """Sum the product of `operands` over the letters that are not in the output; `subscripts` have no ellipsis.

    dx = the einsum of g and the other operands to the letters of x.
    """
    terms, output = _letters(subscripts)
    sizes = _sizes(terms, operands)
    work = [_distinct(operand, letters, sizes) for operand, letters in zip(operands, terms, strict=True)]
    for i, (operand, letters) in enumerate(work):
        elsewhere = output + "".join(others for j, (_, others) in enumerate(work) if j != i)
        work[i] = _summed(operand, letters, [c for c in letters if c not in elsewhere])
    while len(work) > 1:
        i, j = _cheapest_pair([letters for _, letters in work], output, sizes) if len(work) > 2 else (0, 1)
        (b, b_letters), (a, a_letters) = work.pop(j), work.pop(i)
        kept = output + "".join(letters for _, letters in work)
        work.append(_contract(a, a_letters, b, b_letters, kept))
    result, letters = work[0]
    result = np.transpose(result, [letters.index(letter) for letter in output])
    return np.array(result, order="K") if np.may_share_memory(result, operands[0]) else result


@functools.lru_cache
def _letters(subscripts: str) -> tuple[list[str], str]:
    """Return the letters of each operand, and of the output."""
    left, output = subscripts.split("->")
    return left.split(","), output


def _sizes(terms: Sequence[str], operands: Sequence[Any]) -> dict[str, int]:
    """Return the length that each letter stands for; an operand may have length 1 instead, which broadcasts."""
    sizes: dict[str, int] = {}
    for letters, operand in zip(terms, operands, strict=True):
        for letter, n in zip(letters, operand.shape, strict=True):
            known = sizes.get(letter, 1)
            if known != n and known != 1 and n != 1:
                raise ValueError(f"letter {letter} stands for lengths {known} and {n}: make them equal, or 1")
            if known == 1:
                sizes[letter] = n
    return sizes


def _distinct(operand: Any, letters: str, sizes: dict[str, int]) -> tuple[Any, str]:
    """Take the diagonal where a letter repeats, and drop lengths of 1 that stand for more: another operand has them."""
    distinct = "".join(dict.fromkeys(letters))
    if distinct != letters:
        operand = np.einsum(f"{letters}->{distinct}", operand)
    return _summed(operand, distinct, [c for c, n in zip(distinct, operand.shape, strict=True) if n != sizes[c]])


def _summed(operand: Any, letters: str, gone: Sequence[str]) -> tuple[Any, str]:
    """Sum over the letters `gone`."""
    if not gone:
        return operand, letters
    total = np.sum(operand, axis=tuple([letters.index(c) for c in gone]), dtype=operand.dtype)
    return total, "".join(c for c in letters if c not in gone)


def _cheapest_pair(terms: list[str], output: str, sizes: dict[str, int]) -> tuple[int, int]:
    """Return the pair whose product adds least to the elements there are."""

    def growth(pair: tuple[int, int]) -> int:
        i, j = pair
        kept = set(output).union(*(letters for k, letters in enumerate(terms) if k not in pair))
        together = (set(terms[i]) | set(terms[j])) & kept
        before = math.prod([sizes[c] for c in terms[i]]) + math.prod([sizes[c] for c in terms[j]])
        return math.prod([sizes[c] for c in together]) - before

    return min(((i, j) for j in range(len(terms)) for i in range(j)), key=growth)


def _contract(a: Any, a_letters: str, b: Any, b_letters: str, kept: str) -> tuple[Any, str]:
    """Return the product of two operands summed over their common letters that are not in `kept`, as matrix products.

    A letter is of both and kept (batch), of both and summed, of `a` alone (rows), or of `b` alone (columns).
    """
    batch = [c for c in a_letters if c in b_letters and c in kept]
    summed = [c for c in a_letters if c in b_letters and c not in kept]
    rows = [c for c in a_letters if c not in b_letters]
    columns = [c for c in b_letters if c not in a_letters]
    letters = "".join(batch + rows + columns)
    if batch and summed and not rows and not columns:
        return np.einsum(f"{a_letters},{b_letters}->{letters}", a, b), letters  # as many dot products: a loop in C
    left = np.transpose(a, [a_letters.index(c) for c in batch + rows + summed])
    right = np.transpose(b, [b_letters.index(c) for c in batch + summed + columns])
    lengths, inside = left.shape[: len(batch)], len(batch) + len(rows)
    shape = left.shape[:inside] + right.shape[right.ndim - len(columns) :]
    if not summed:
        spread = right.reshape(lengths + (1,) * len(rows) + right.shape[len(batch) :])
        return left.reshape(left.shape + (1,) * len(columns)) * spread, letters
    n, k = math.prod(left.shape[len(batch) : inside]), math.prod(left.shape[inside:])
    m = math.prod(shape[inside:])
    product = np.matmul(left.reshape((*lengths, n, k)), right.reshape((*lengths, k, m)))
    return product.reshape(shape), letters


def _einsum_vjp(g: Any, inputs: Any, input_shapes: Any, subscripts: str, needs: tuple[bool, ...]) -> list[Any]:
    terms, output = _letters(subscripts)
    gradients: list[Any] = [None] * len(inputs)
    for i, need in enumerate(needs):
        if need:
            others = [(inputs[j], terms[j]) for j in range(len(terms)) if j != i]
            gradients[i] = _einsum_gradient(g, output, others, terms[i], input_shapes[i])
    return gradients


def _einsum_gradient(g: Any, output: str, others: list[tuple[Any, str]], wanted: str, shape: tuple[int, ...]) -> Any:
    """Return the einsum of `g` and the other operands to the letters of the operand `wanted`.

    A letter that is nowhere else was summed: ones carry it back.  A letter that repeats took a diagonal: an identity
    matrix, whose second letter is new, puts it back there.
    """
    factors = [(g, output), *others]
    free = [c for c in LETTERS if c not in output + wanted + "".join(letters for _, letters in others)]
    target = ""
    for letter, n in zip(wanted, shape, strict=True):
        if letter in target:
            factors.append((np.eye(n, dtype=g.dtype), letter + free[0]))
            target += free.pop(0)
            continue
        lengths = [dict(zip(letters, x.shape, strict=True)).get(letter, 0) for x, letters in factors]
        if max(lengths) < max(n, 1):
            factors.append((np.ones(n, g.dtype), letter))
        target += letter
    operands, terms = zip(*factors, strict=True)
    return fed(einsum_, *operands, subscripts=f"{','.join(terms)}->{target}")


einsum_.defvjp_joint(_einsum_vjp, fresh=True)


def einsum(equation: Any, *operands: Any) -> Tensor:
    """Sum the product of `operands` over the letters that the output does not name.

    ``einsum("ij,jk->ik", a, b)`` is ``y[i, k] = sum over j of a[i, j] b[j, k]``.  A letter names a dimension; a letter
    that stands twice in one operand means its diagonal; ``...`` stands for leading dimensions that broadcast.  Without
    ``->`` the output has the dimensions of the ellipsis, then in alphabetical order the letters that stand only once.

    The derivative is an einsum again: ``da = einsum("ik,jk->ij", g, b)``, ``db = einsum("ij,ik->jk", a, g)``.

    Parameters
    ----------
    equation
        the letters of each operand, separated by commas, and perhaps those of the output after an arrow.
    operands
        tensors or arrays, or one list of them.  Letters may also be given as lists of ints beside each operand:
        ``einsum(a, [0, 1], b, [1, 2], [0, 2])``.

    Returns
    -------
    Tensor of the shape that the output letters say, in the dtype of all operands by promotion.

    Raises
    ------
    ValueError
        If the equation does not fit the operands, or itself.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> x = tg.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> tg.einsum("ii", x), tg.einsum("ij->j", x), tg.einsum("...i,i->...", x, tg.tensor([1.0, -1.0]))
    (tensor(5.), tensor([4., 6.]), tensor([-1., -1.]))
    """
    if not isinstance(equation, str):
        equation, operands = _from_numbers((equation, *operands))
    if len(operands) == 1 and isinstance(operands[0], list | tuple):
        operands = tuple(operands[0])
    operands = tuple([x if isinstance(x, Tensor) else as_tensor(x) for x in operands])
    return einsum_(*operands, subscripts=_explicit(equation, tuple([x.ndim for x in operands])))


@answer_for(np.einsum)
def _numpy_einsum(*operands: Any, optimize: Any = False) -> Tensor:
    return einsum(*operands)  # the order of the products is always chosen


def _from_numbers(arguments: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
    """Return equation and operands of a call with lists of ints for letters."""

    def term(numbers: Any) -> str:
        return "".join("..." if n is Ellipsis else LETTERS[n] for n in numbers)

    pairs = len(arguments) // 2 * 2
    equation = ",".join(term(numbers) for numbers in arguments[1:pairs:2])
    if pairs < len(arguments):
        equation += "->" + term(arguments[-1])
    return equation, arguments[:pairs:2]


@functools.lru_cache
def _explicit(equation: str, ndims: tuple[int, ...]) -> str:
    """Return `equation` with its output, and with letters for the dimensions of an ellipsis; check it."""
    left, arrow, output = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(ndims):
        raise ValueError(f"einsum: {equation!r} is for {len(terms)} operands, not {len(ndims)}: give each its letters")
    free = "".join(c for c in LETTERS if c not in equation)
    dots = 0
    for i, (term, ndim) in enumerate(zip(terms, ndims, strict=True)):
        named = len(term.replace("...", "", 1))
        if named > ndim or (named < ndim and "..." not in term):
            raise ValueError(f"einsum: {term!r} in {equation!r} is for an operand of {ndim} dimensions: name each once")
        if "..." in term:
            count = ndim - named
            dots = max(dots, count)
            terms[i] = term.replace("...", free[:count][::-1])  # the last dimensions align, so letters count from there
    ellipsis = free[:dots][::-1]
    letters = "".join(terms)
    if not arrow:
        output = ellipsis + "".join(c for c in sorted(set(letters)) if letters.count(c) == 1 and c not in ellipsis)
    output = output.replace("...", ellipsis)
    if not (letters + output).isascii() or not (letters + output or "a").isalpha():
        raise ValueError(f"einsum: {equation!r} has more than letters, commas, one ellipsis an operand and an arrow")
    if len(set(output)) < len(output) or not set(output) <= set(letters):
        raise ValueError(f"einsum: the output of {equation!r} must name letters of the operands, each once")
    return f"{','.join(terms)}->{output}"


def tensordot(a: Any, b: Any, dims: int | Sequence[Any] = 2) -> Tensor:
    """Return the sum of products over pairs of dimensions, one of `a` and one of `b`.

    The derivative is that of `einsum`.

    Parameters
    ----------
    a, b
        tensors or arrays.
    dims
        an int n: the last n dimensions of `a` with the first n of `b`; or two lists, of dimensions of `a` and of `b`.

    Returns
    -------
    Tensor of the other dimensions of `a`, then those of `b`.

    Raises
    ------
    ValueError
        If the lists differ in length, or the dimensions do.

    Examples
    --------
    >>> import tinygrad_np as tg
    >>> tg.tensordot(tg.ones(2, 3, 4), tg.ones(4, 3, 5), ([1, 2], [1, 0])).shape
    (2, 5)
    """
    a_shape, b_shape = shape_of(a), shape_of(b)
    if isinstance(dims, int | np.integer):
        if not 0 <= dims <= min(len(a_shape), len(b_shape)):
            raise ValueError(f"tensordot over {dims} dimensions of shapes {a_shape} and {b_shape}: give fewer")
        dims = (range(len(a_shape) - dims, len(a_shape)), range(dims))
    first, second = ([d] if isinstance(d, int | np.integer) else list(d) for d in dims)
    if [a_shape[d] for d in first] != [b_shape[d] for d in second]:
        raise ValueError(
            f"tensordot over dims {first} of shape {a_shape} and {second} of shape {b_shape}: pair equal lengths"
        )
    a_letters = list(LETTERS[:26][: len(a_shape)])
    b_letters = list(LETTERS[26:][: len(b_shape)])
    for i, j in zip(first, second, strict=True):
        b_letters[j] = a_letters[i]
    output = "".join(c for c in a_letters if c not in b_letters) + "".join(c for c in b_letters if c not in a_letters)
    return einsum(f"{''.join(a_letters)},{''.join(b_letters)}->{output}", a, b)


@answer_for(np.tensordot)
def _numpy_tensordot(a: Any, b: Any, axes: Any = 2) -> Tensor:
    return tensordot(a, b, axes)
