"""The verdict at each save: a supervisor that sees the files, the keys and the screen, and never the learner's code."""
