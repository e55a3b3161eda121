"""The site: pages in Markdown (MyST), and a reference made from the docstrings. Build it with

    python -m sphinx -W --keep-going -n docs docs/_build/html
"""

import sys
from pathlib import Path

DOCS = Path(__file__).parent
sys.path[:0] = [str(DOCS), str(DOCS.parent)]

import reference  # noqa: E402 - found through the line above

from tinygrad_np.version import __version__  # noqa: E402

project = "tinygrad_np"
author = "The tinygrad_np authors"
copyright = f"2026, {author}"
version = release = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
exclude_patterns = ["_build"]
default_role = "py:obj"  # `Tensor` in a docstring is a link where there is something to link to, else code
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

napoleon_google_docstring = False
napoleon_use_rtype = False
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented_params"
autodoc_member_order = "bysource"
python_use_unqualified_type_names = True
toc_object_entries_show_parents = "hide"

html_theme = "furo"
html_title = f"tinygrad_np {__version__}"
html_show_sourcelink = False

# Links into the project have to resolve. Types in docstrings are prose ("array of shape (N, C)"), or other projects',
# whose sites a build without network cannot ask.
nitpicky = True
nitpick_ignore_regex = [(r"py:(class|obj|data|exc)", r"(?!tinygrad_np\.|nn\.).*")]


def setup(app):
    app.connect("builder-inited", lambda app: reference.write(DOCS / "api"))
    app.connect("missing-reference", reference.resolve)
