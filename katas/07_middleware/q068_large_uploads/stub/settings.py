import os
import tempfile
from pathlib import Path

# Both may be read when app.py is imported.
FOLDER = Path(os.environ.get("SCAN_FOLDER") or tempfile.mkdtemp(prefix="scans-"))
MAX_BYTES = int(os.environ.get("SCAN_MAX_BYTES") or 2 * 1024**3)
FORM_OVERHEAD = 4096  # what a form may add to its file
