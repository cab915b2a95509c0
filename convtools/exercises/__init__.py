"""The exercises of the book: one module for each chapter, each with its tuple EXERCISES."""

CHAPTERS = ("convolution", "bump", "line", "edges", "channels", "filters", "layers", "learning", "digits", "keras")
