"""``python -m hnvemu`` is the command ``hnvemu``."""

from __future__ import annotations

from hnvemu.cli.app import run

if __name__ == "__main__":
    run()
