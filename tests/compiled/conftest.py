from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hnvemu.compiled.store import Store

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return where compiled policies are kept: nothing is there yet."""
    return Store(tmp_path / "cache", version="1")
