"""A web worker stays on one processor: its threads take turns anyway."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system has no processor affinity")


def settled() -> list[set[int]]:
    """Return the processors of a process that has settled, and of a thread that it began afterwards."""
    code = (
        "import os, threading; from eclod.web.serving import processor; processor.settle(); found = [];"
        "t = threading.Thread(target=lambda: found.append(os.sched_getaffinity(0))); t.start(); t.join();"
        "print([sorted(each) for each in (os.sched_getaffinity(0), found[0])])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return [set(each) for each in json.loads(done.stdout)]


def test_a_worker_and_its_threads_stay_on_one_of_the_processors_they_may_use() -> None:
    of_process, of_thread = settled()
    assert len(of_process) == 1
    assert of_thread == of_process
    assert of_process <= os.sched_getaffinity(0)
