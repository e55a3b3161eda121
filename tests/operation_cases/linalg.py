"""Cases of ``tinygrad_np/ops/linalg.py`` and ``einsum.py``."""

from __future__ import annotations

from typing import Any

import numpy as np

from .case import Case

MATMUL = [  # shapes of the two operands, what they are
    ((3,), (3,), "vectors"),
    ((2, 3), (3,), "matrix and vector"),
    ((3,), (3, 4), "vector and matrix"),
    ((2, 3), (3, 4), "matrices"),
    ((5, 2, 3), (3,), "batch and vector"),
    ((3,), (5, 3, 4), "vector and batch"),
    ((5, 2, 3), (3, 4), "batch and matrix"),
    ((2, 3), (5, 3, 4), "matrix and batch"),
    ((5, 2, 3), (5, 3, 4), "batches"),
    ((2, 1, 2, 3), (4, 3, 2), "batches that broadcast"),
    ((1, 1), (1, 1), "one element"),
    ((0, 3), (3, 4), "no rows"),
    ((2, 3), (3, 0), "no columns"),
    ((2, 0), (0, 4), "nothing to sum"),
    ((0, 2, 3), (3, 4), "no matrices"),
    ((2, 0, 3), (3, 4), "matrices of no rows"),
]

EINSUM: list[tuple[str, tuple[tuple[int, ...], ...]]] = [  # explicit subscripts, shapes
    ("ij->ij", ((2, 3),)),
    ("ij->ji", ((2, 3),)),
    ("ij->j", ((2, 3),)),
    ("ij->", ((2, 3),)),
    ("->", ((),)),
    ("ii->", ((3, 3),)),
    ("ii->i", ((3, 3),)),
    ("iij->ji", ((2, 2, 3),)),
    ("iijj->j", ((2, 2, 3, 3),)),
    ("iii->i", ((2, 2, 2),)),
    ("ij,jk->ik", ((2, 3), (3, 4))),
    ("ij,jk->ki", ((2, 3), (3, 4))),
    ("ij,ij->ij", ((2, 3), (2, 3))),
    ("ij,ij->i", ((2, 3), (2, 3))),
    ("ij,ij->", ((2, 3), (2, 3))),
    ("ij,ji->", ((2, 3), (3, 2))),
    ("i,j->ij", ((2,), (3,))),
    ("i,j->", ((2,), (3,))),
    ("ij,j->ji", ((2, 3), (3,))),
    (",i->i", ((), (3,))),
    ("bij,bjk->bik", ((4, 2, 3), (4, 3, 2))),
    ("bhqd,bhkd->bhqk", ((2, 2, 3, 2), (2, 2, 4, 2))),
    ("bij,jk->bik", ((4, 2, 3), (3, 2))),
    ("iij,jk->ik", ((2, 2, 3), (3, 2))),
    ("ii,ij->j", ((2, 2), (2, 3))),
    ("ij,jk,kl->il", ((2, 3), (3, 4), (4, 2))),
    ("ij,ik,il->jkl", ((2, 3), (2, 2), (2, 3))),
    ("i,i,i->i", ((3,), (3,), (3,))),
    ("a,b,c,d->", ((2,), (2,), (2,), (2,))),
    ("ij,ij->ij", ((1, 3), (2, 1))),
    ("ij,ij->i", ((1, 3), (2, 1))),
    ("ij,jk->ik", ((2, 1), (3, 2))),
    ("i,i->", ((3,), (1,))),
    ("ii,i->i", ((1, 1), (3,))),
    ("i,i,i->", ((1,), (3,), (1,))),
    ("ij->j", ((0, 3),)),
    ("ij,jk->ik", ((0, 2), (2, 3))),
    ("ij,jk->ik", ((2, 0), (0, 3))),
]


def einsum(*operands: Any, subscripts: str) -> Any:
    return np.einsum(subscripts, *operands)


CASES = [
    *(Case("matmul", (a, b), note=note) for a, b, note in MATMUL),
    *(Case("outer", shapes, reference=np.outer) for shapes in (((2,), (3,)), ((1,), (3,)), ((0,), (3,)))),
    *(Case("einsum", shapes, {"subscripts": subscripts}, reference=einsum) for subscripts, shapes in EINSUM),
]
