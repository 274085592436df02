"""How `make docs` builds these pages: offline, every code cell run, every warning an error."""

from __future__ import annotations

import os
import sys
import tempfile
from importlib.metadata import version as version_of
from pathlib import Path

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER / "_building"))

import pages  # noqa: E402 - found in the folder of the line above

# -- What the kernels see: no settings of whoever builds, and the helper of hidden cells

_ipython = tempfile.TemporaryDirectory()
_profile = Path(_ipython.name, "profile_default")
_profile.mkdir()
# A kernel of these pages talks to this machine alone, and would say so each time it starts.
(_profile / "ipython_kernel_config.py").write_text(
    'c.Application.log_level = "ERROR"\nc.HistoryManager.enabled = False\n'
)
for name in [name for name in os.environ if name.startswith("CHATDASH_")]:
    del os.environ[name]
os.environ |= {
    "IPYTHONDIR": _ipython.name,
    "PYTHONPATH": str(FOLDER / "_building"),
    "TQDM_DISABLE": "1",
}

# -- The project

project = "chatdash_analysis"
author = "the authors of chatdash_analysis"
project_copyright = author
release = version = version_of("chatdash_analysis")
language = "en"

# -- Sources

extensions = ["myst_nb", "numpydoc", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "pages"]
exclude_patterns = ["_build", "_building", "_templates"]
templates_path = ["_templates"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
nitpicky = True
# A name in single backticks of a docstring is code; where it is a public name, `pages` links it.
default_role = "literal"

# -- Code cells: each page in a kernel and an empty folder of its own

nb_execution_mode = "force"
nb_execution_in_temp = True
# A cell that fails is a warning with its traceback, and a warning is an error of the build.
nb_execution_show_tb = True
nb_execution_timeout = 120
# The notebooks have a test of their own that runs them; here they are shown as they were saved.
# Spark and Java need not be here; the page on it says so, and a test runs it where they are.
nb_execution_excludepatterns = ["notebooks/*.ipynb", "how-to/spark.md"]
nb_merge_streams = True
nb_output_stderr = "warn"
# Nothing comes from another host.
nb_ipywidgets_js = {}

# -- The reference

autosummary_generate = True
autosummary_ignore_module_all = False
autodoc_typehints = "none"
autodoc_class_signature = "mixed"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

# -- HTML

html_theme = "pydata_sphinx_theme"
html_title = f"{project} {release}"
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_static_path = ["_static"]
html_css_files = ["pages.css"]
# A page without pages below it needs no list of them.
html_sidebars = {name: [] for name in ("index", "start", "data-dictionary", "changelog")}
html_context = {"default_mode": "auto"}
html_theme_options = {
    "logo": {"text": project},
    "navbar_end": ["theme-switcher"],
    # Its name for those who listen is the name that is seen.
    "navbar_persistent": ["search-button"],
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "show_toc_level": 2,
    "navigation_depth": 3,
    "header_links_before_dropdown": 6,
}

pages.forget_stubs(FOLDER / "api")
pages.copy_notebooks(FOLDER.parent / "notebooks", FOLDER / "notebooks")
