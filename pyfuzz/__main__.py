# SPDX-License-Identifier: GPL-2.0-only
"""``python -m pyfuzz`` is the command ``pyfuzz``."""

from __future__ import annotations

from pyfuzz.cli import main

if __name__ == "__main__":  # a Dask worker of --cluster local:N imports it under another name
    main()
