"""What a class needs: assignments, their questions with all that is known about answers, and a grader."""
