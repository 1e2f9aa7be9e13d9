"""The examples run, from anywhere, and print something."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"
SCRIPTS = sorted(EXAMPLES.glob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_example_runs(
    script: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = script.with_suffix(".txt").read_text(encoding="utf-8")
    monkeypatch.chdir(EXAMPLES.parent)
    monkeypatch.setattr("sys.argv", [str(script)])

    runpy.run_path(str(script), run_name="__main__")

    printed = capsys.readouterr().out.replace(str(EXAMPLES.parent) + "/", "")
    assert printed == expected


def test_the_notebook_shows_a_trace_as_a_tree() -> None:
    """Each cell's code runs; the last one's value renders itself as HTML."""
    notebook = json.loads((EXAMPLES / "trace.ipynb").read_text(encoding="utf-8"))
    namespace: dict[str, object] = {"__file__": str(EXAMPLES / "trace.ipynb")}
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]

    for cell in cells:
        exec(cell, namespace)

    html = namespace["trace"]._repr_html_()  # type: ignore[attr-defined]
    assert html.count("<details") >= 2
    assert "<script" not in html
