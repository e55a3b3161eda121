"""A page of pictures and figures in one HTML file, which asks no other computer for anything."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a;
       background: #fff; }
figure { margin: 2rem 0; }
figcaption { margin-top: 0.4rem; color: #444; max-width: 50rem; }
img { max-width: 100%; height: auto; }
table { border-collapse: collapse; }
th, td { text-align: left; vertical-align: top; padding: 0.15rem 1.5rem 0.15rem 0; overflow-wrap: anywhere; }
th { font-weight: 600; white-space: nowrap; }
h2 { margin-top: 3rem; border-top: 1px solid #bbb; padding-top: 1rem; }
"""
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


class Picture(NamedTuple):
    """A PNG file, what it is called, and what is to be seen in it."""

    path: Path
    name: str
    caption: str


class Section(NamedTuple):
    """A part of a page: its heading, rows of a table, and pictures."""

    heading: str
    rows: Sequence[tuple[str, str]]
    pictures: Sequence[Picture]


def format_page(title: str, sections: Sequence[Section]) -> str:
    """Return the page. All text may hold any characters; the pictures are read and put into it.

    Raises
    ------
    OSError
        If a picture cannot be read.
    """
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        '<head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>",
        f"<body><h1>{escape(title)}</h1>",
    ]
    for section in sections:
        parts.append(f"<section><h2>{escape(section.heading)}</h2>")
        if section.rows:
            rows = "\n".join(f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in section.rows)
            parts.append(f"<table>\n{rows}\n</table>")
        parts += [_format_picture(picture) for picture in section.pictures]
        parts.append("</section>")
    return "\n".join([*parts, "</body></html>", ""])


def _format_picture(picture: Picture) -> str:
    data = base64.b64encode(picture.path.read_bytes()).decode("ascii")
    return (
        f'<figure><img alt="{escape(picture.name)}" src="data:image/png;base64,{data}">'
        f"<figcaption><b>{escape(picture.name)}.</b> {escape(picture.caption)}</figcaption></figure>"
    )
