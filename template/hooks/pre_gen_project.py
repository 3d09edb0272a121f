"""Refuses a folder that has something in it: `cookiecutter -f` and `-s` would write over a learner's work."""

import os
import sys

if os.listdir("."):
    sys.stderr.write(
        f"\nfastapi-kata: {os.getcwd()} has files in it, and was left as it is.\n"
        "Choose another name, or an empty folder.\n\n"
    )
    sys.exit(1)
