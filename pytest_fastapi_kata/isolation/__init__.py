"""The side that judges: it starts workers, keeps the deadlines, and never runs the learner's code."""
