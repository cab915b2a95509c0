"""Exercises and questions of the chapter "Learning to read digits"."""

import numpy as np

from convtools.check import Exercise


def standard_error(share, number):
    return np.sqrt(share * (1 - share) / number)


def confusion(labels, said):
    table = np.zeros((10, 10), int)
    np.add.at(table, (labels, said), 1)
    return table


def marked(labels, said):
    return np.minimum(confusion(labels, said), 1)


READ = (
    (np.array([3, 3, 8, 8, 8, 1]), np.array([3, 3, 8, 1, 1, 1])),
    (np.array([9, 0, 9]), np.array([4, 0, 9])),
    (np.arange(10), np.arange(10)),
)

EXERCISES = (
    Exercise(
        name="standard-error",
        question=(
            "Write a function `standard_error(share, number)` that returns the standard error of a share, such as "
            "0.9, that was measured on `number` test digits."
        ),
        answer=standard_error,
        cases=((0.5, 100), (0.9, 400), (0.98, 500), (1.0, 20)),
        mistakes=(
            (lambda share, number: share * (1 - share) / number, "The root is missing. Take np.sqrt of it all."),
            (
                lambda share, number: np.sqrt(share * (1 - share)) / number,
                "The number belongs under the root, too: four times the digits halve the error.",
            ),
            (
                lambda share, number: np.sqrt(share / number),
                "1 − share is missing. A share of 1 must give an error of 0.",
            ),
            (
                lambda share, number: np.sqrt(share * (1 - share)),
                "The more digits, the smaller the error. Divide by their number, under the root.",
            ),
            (
                lambda share, number: 100 * standard_error(share, number),
                "This is in percent. Return it as a share, as it came.",
            ),
        ),
        hint="Three things stand under the root: the share, 1 minus the share, and the number.",
        why="The error is √(p (1 − p) / n): nothing at p = 1, and half as large with four times as many digits.",
    ),
    Exercise(
        name="how-many",
        question=("A network reads 98 % of the test digits. How many test digits would make the standard error 0.2 %?"),
        answer=4900,
        mistakes=(
            (49, "Is 0.2 % the same as 0.02? Write all shares as decimals: 0.98, 0.02, 0.002."),
            (9.8, "The error is squared: n = 0.98 · 0.02 / 0.002²."),
            (70, "This is √4900. Square both sides: there is a root over the share and n."),
            (0.49, "Write 0.2 % as a decimal: 0.002."),
            (2450, "Twice as many. Is your product 0.98 · 0.02, and your error 0.002, squared?"),
        ),
        hint="Solve 0.002 = √(0.98 · 0.02 / n) for n: square both sides first.",
        why="n = 0.98 · 0.02 / 0.002² = 4900.",
    ),
    Exercise(
        name="confusion",
        question=(
            "Write a function that takes two arrays, the labels and what a network said, and returns the confusion "
            "matrix: 10 × 10 whole numbers, the label down, what was said across."
        ),
        answer=confusion,
        cases=READ,
        mistakes=(
            (lambda labels, said: confusion(said, labels), "Rows and columns are exchanged: the label goes down."),
            (marked, "Each place holds a 1 at most. Count: the same mistake may come twice."),
            (
                lambda labels, said: confusion(labels, said) * (1 - np.eye(10, dtype=int)),
                "The diagonal is empty. Digits that were read right are counted, too.",
            ),
            (
                lambda labels, said: confusion(labels, said) / len(labels),
                "These are shares of all digits. Count them instead.",
            ),
            (
                lambda labels, said: np.bincount(labels, minlength=10),
                "This counts the labels. A confusion matrix counts pairs: 10 × 10 places.",
            ),
        ),
        hint="Begin with np.zeros((10, 10), int), and go through zip(labels, said): add 1 at its place each time.",
        why="Every digit adds 1 in the row of its label and the column of what was said.",
    ),
    # Questions that the page asks.
    Exercise(
        name="last-shape",
        question="The input is 8 × 8 × 1. Which shape comes out of the second pooling layer, the batch not counted?",
        answer=(2, 2, 16),
        mistakes=(
            ((4, 4, 16), "The maps are halved twice: by the first pooling and by the second."),
            ((4, 4, 8), "This comes out of the first pooling. A convolution and a pooling follow."),
            ((2, 2, 8), "The second convolution has 16 filters, so there are 16 maps."),
            ((8, 8, 16), "The padding keeps rows and columns, but pooling halves them."),
            ((1, 1, 16), "Without padding the maps would get smaller still. Here `same` padding keeps their size."),
            ((2, 2, 128), "The maps of two layers do not multiply: 16 filters, 16 maps."),
            ((2, 2, 1), "The filters make maps: how many has the second convolution?"),
        ),
        hint="`same` padding keeps rows and columns, pooling by 2 halves them. And how many filters write the maps?",
        why="8 becomes 4, then 2, and 16 filters make 16 maps.",
    ),
    Exercise(
        name="guess",
        question="A network that has learned nothing guesses. About how many percent of the digits does it read right?",
        answer=10,
        mistakes=(
            (50, "Half would be right if there were two digits to choose from."),
            (0, "Even a blind guess is sometimes right. How often, with ten digits?"),
            (1, "One digit of ten is right by luck. How many percent is that?"),
            (0.1, "This is the share. How many percent is it?"),
            (90, "About so many are wrong."),
            (100, "That would be a network that has learned everything."),
        ),
        hint="There are ten digits, and each comes about as often.",
        why="One guess in ten is right.",
    ),
    Exercise(
        name="few-digits",
        question="The same network learns from 50 digits only, for many epochs. What comes of it?",
        choices=(
            "it reads neither the 50 nor new digits",
            "it reads the 50, and new digits as well as before",
            "it reads the 50, but far fewer of the new ones",
        ),
        answer="it reads the 50, but far fewer of the new ones",
        mistakes=(
            (
                "it reads neither the 50 nor new digits",
                "With 1,898 parameters it can learn 50 pictures by heart.",
            ),
            (
                "it reads the 50, and new digits as well as before",
                "Five samples of each digit do not show all the ways to write it.",
            ),
        ),
        hint="The network has 1,898 parameters and gets 50 pictures. What is the easiest way to be right on these?",
        why="It learns the 50 by heart, with all their chance details.",
    ),
    Exercise(
        name="more-digits",
        question="With 500 test digits the standard error is 0.7 %. How many percent is it with 2,000 of them?",
        answer=0.35,
        mistakes=(
            (0.7, "More digits make it smaller."),
            (0.175, "There are four times as many digits, but the number stands under a root."),
            (1.4, "More digits make it smaller, not larger."),
            (2.8, "More digits make it smaller, not larger, and the number stands under a root."),
            (0.0035, "This is the share. How many percent is it?"),
        ),
        hint="2,000 is four times 500, and the number stands under a root.",
        why="Four times as many digits halve the error.",
    ),
    Exercise(
        name="who-wins",
        question="Eight filters made by hand, eight learned, eight random and never trained. Which read digits best?",
        choices=(
            "those made by hand, clearly",
            "made by hand and learned, about equally",
            "the learned ones, clearly",
            "all three about equally",
        ),
        answer="made by hand and learned, about equally",
        mistakes=(
            (
                "those made by hand, clearly",
                "They are a little ahead here, but by less than the uncertainty of the measurement.",
            ),
            (
                "the learned ones, clearly",
                "Digits are made of lines, and you know what a line is: your filters are hard to beat here.",
            ),
            ("all three about equally", "Random filters fall behind, though by less than you might think."),
        ),
        hint="What are digits made of? And how uncertain is an accuracy that was measured on 500 digits?",
        why="Lines and edges are what a digit is made of. Training finds filters as good as these, but no better ones.",
    ),
    Exercise(
        name="least-hurt",
        question="Which network's accuracy suffers least when the digits are moved sideways?",
        choices=(
            "one pooling over the whole map",
            "two small poolings",
            "no pooling",
            "none of them suffers",
        ),
        answer="one pooling over the whole map",
        mistakes=(
            (
                "two small poolings",
                "A window of 2 × 2 forgets places inside it, but a digit that moves gets into other windows.",
            ),
            (
                "no pooling",
                "Here every place of a map has its own weights in the dense layer, and the digit leaves these places.",
            ),
            ("none of them suffers", "The maps move along. Does the dense layer see that?"),
        ),
        hint="Moved digits make moved maps. After which pooling is it forgotten where in the map something was?",
        why="The largest number of a map stays the same, wherever in the map it stands.",
    ),
)
