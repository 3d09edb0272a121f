"""The cases are learners' folders, not tests: nothing of theirs is to be imported here."""

collect_ignore = ["cases"]
