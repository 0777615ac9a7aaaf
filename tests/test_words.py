# SPDX-License-Identifier: GPL-3.0-or-later
"""Plain words: docstrings, comments and pages avoid what only insiders would understand."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from tests.sources import PAGES, SOURCES, name_of, refuse, text_of, tree_of

PLAINER = {
    "told": "given, passed, reported",
    "tells": "reports, shows",
    "besides": "in addition, other than",
    "borne out": "confirmed",
    "wears": "uses, has",
    "worn": "applied",
    "comes of": "results from",
    "goes on with": "continues",
    "likeness": "similarity",
    "nearness": "distance",
    "what is off": "the error",
    "as it is without": "unchanged",
    "wish(?:es)?": "request, target",
    "reel": "sampled action",
    "splice": "insert",
    "calm": "smooth",
}
PATTERN = re.compile(rf"\b(?:{'|'.join(PLAINER)})\b", re.IGNORECASE)


def prose_of(path: Path) -> Iterator[tuple[int, str]]:
    """Return the line and text of each docstring and comment of a source."""
    for node in ast.walk(tree_of(path)):
        value = node.value if isinstance(node, ast.Expr) else None
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield from enumerate(value.value.splitlines(), value.lineno)
    for token in tokenize.generate_tokens(io.StringIO(text_of(path)).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def lines_of(path: Path) -> Iterator[tuple[int, str]]:
    """Return the lines that people read: all of a page, the prose of a source."""
    return prose_of(path) if path.suffix == ".py" else enumerate(text_of(path).splitlines(), 1)


def plainer(word: str) -> str:
    """Return what to write instead of a word."""
    return next(better for key, better in PLAINER.items() if re.fullmatch(key, word.lower()))


def test_words_are_plain() -> None:
    refuse(
        f"{name_of(path)}:{line} {hit}: write {plainer(hit)}"
        for path in [*SOURCES, *PAGES]
        if path != Path(__file__)
        for line, text in lines_of(path)
        for hit in PATTERN.findall(re.sub(r"`+[^`]*`+", "", text))
    )
