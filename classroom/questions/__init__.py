"""The questions of the assignments: one module for each, with its tuple QUESTIONS. Students never get these files."""

ASSIGNMENTS = ("bump", "line", "channels", "filters", "layers", "learning")
