"""What all tests share: golden files, and no cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="rewrite golden files with what comes out now; read the difference in review",
    )


@pytest.fixture(scope="session", autouse=True)
def _no_cache() -> Iterator[None]:
    """Keep nothing of what is compiled, here and in processes started from here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HNVEMU_CACHE", "off")
        yield


@pytest.fixture
def golden(pytestconfig: pytest.Config) -> Callable[[Path, str], None]:
    """Compare a text with a golden file, or rewrite the file with ``--update-golden``."""

    def compare(path: Path, actual: str) -> None:
        if pytestconfig.getoption("update_golden"):
            path.write_text(actual, encoding="utf-8", newline="\n")
        expected = path.read_text(encoding="utf-8") if path.exists() else ""
        assert actual == expected

    return compare
