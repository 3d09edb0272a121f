"""The side that runs the learner's code: one process for each kata, judged from outside."""
