"""How much memory a process holds, for the scripts that measure."""

import time
from pathlib import Path


def watch(process, peak):
    """Notes in `peak[0]` the most memory that the process held, in bytes (Linux). What wait4 tells would count this script's
    own at the fork."""
    while process.poll() is None:
        try:
            status = Path(f"/proc/{process.pid}/status").read_text()
        except OSError:
            return
        for line in status.splitlines():
            if line.startswith("VmHWM:"):
                peak[0] = max(peak[0], int(line.split()[1]) * 1024)
        time.sleep(0.02)
