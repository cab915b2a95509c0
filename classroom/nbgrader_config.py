"""For teachers who use nbgrader: this folder is a course of it. Run its commands in here."""

import os
from pathlib import Path

c = get_config()  # noqa: F821 (nbgrader's own)

c.CourseDirectory.course_id = "convolution"
c.CourseDirectory.source_directory = "assignments"
c.ClearSolutions.code_stub = {"python": "# your code here"}

# The hidden tests import this package, which students do not have.
os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent.parent), os.environ.get("PYTHONPATH", "")])
