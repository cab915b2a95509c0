"""Lengths, padding and receptive fields: worked by hand, and counted."""

import oracle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convtools.shapes import output_length, padding_amounts, receptive_field, span

small = st.integers(1, 6)


@pytest.mark.parametrize(
    ("length", "kernel_size", "strides", "padding", "dilation_rate", "zeros", "places"),
    [
        (8, 3, 1, "valid", 1, (0, 0), 6),  # the bump
        (8, 8, 1, "valid", 1, (0, 0), 1),
        (8, 1, 1, "valid", 1, (0, 0), 8),
        (8, 3, 2, "valid", 1, (0, 0), 3),  # 0, 2, 4: the last cell is never seen
        (9, 3, 2, "valid", 1, (0, 0), 4),
        (8, 3, 9, "valid", 1, (0, 0), 1),
        (8, 3, 1, "valid", 2, (0, 0), 4),  # reaches over 5
        (8, 3, 2, "valid", 3, (0, 0), 1),  # reaches over 7
        (8, 3, 1, "same", 1, (1, 1), 8),
        (8, 4, 1, "same", 1, (1, 2), 8),  # the odd zero comes after
        (8, 2, 1, "same", 1, (0, 1), 8),
        (8, 1, 1, "same", 1, (0, 0), 8),
        (8, 3, 2, "same", 1, (0, 1), 4),
        (7, 3, 2, "same", 1, (1, 1), 4),
        (8, 3, 1, "same", 2, (2, 2), 8),
        (8, 2, 4, "same", 1, (0, 0), 2),  # strides over more than the filter: nothing to add
        (2, 9, 1, "same", 1, (4, 4), 2),  # wider than the input
        (8, 3, 1, "causal", 1, (2, 0), 8),
        (8, 3, 1, "causal", 2, (4, 0), 8),
        (8, 3, 2, "causal", 1, (2, 0), 4),
    ],
)
def test_worked_by_hand(length, kernel_size, strides, padding, dilation_rate, zeros, places):
    settings = (length, kernel_size, strides, padding, dilation_rate)
    assert padding_amounts(*settings) == zeros
    assert output_length(*settings) == places


@given(small, small, small, st.sampled_from(["valid", "same", "causal"]), st.integers(0, 12))
def test_the_length_is_the_number_of_places(kernel_size, strides, dilation_rate, padding, more):
    length = span(kernel_size, dilation_rate) + more if padding == "valid" else 1 + more
    places = oracle.places(length, kernel_size, strides, padding, dilation_rate)
    settings = (length, kernel_size, strides, padding, dilation_rate)
    assert output_length(*settings) == len(places)
    assert padding_amounts(*settings)[0] == -places[0]


@pytest.mark.parametrize(
    ("layers", "cells"),
    [
        ([], 1),
        ([(3, 1)], 3),
        ([(3, 1), (3, 1)], 5),
        ([(3, 1), (3, 1), (3, 1)], 7),
        ([(3, 2), (3, 1)], 7),  # the second filter steps over two cells at a time
        ([(3, 1), (2, 2), (3, 1)], 8),  # convolution, pooling, convolution
        ([(3, 1, 2)], 5),
        ([(3, 1, 1), (3, 1, 2), (3, 1, 4)], 15),  # doubling dilation
        ([(1, 4), (1, 1)], 1),
        ([(3, 1), (1, 1), (3, 1)], 5),  # convolution, ReLU, convolution
    ],
)
def test_receptive_fields(layers, cells):
    assert receptive_field(layers) == cells


@given(st.lists(st.tuples(small, small, small), min_size=1, max_size=4))
def test_the_receptive_field_is_the_shortest_input_with_an_output(layers):
    def fits(length):
        for kernel_size, strides, dilation_rate in layers:
            if length < span(kernel_size, dilation_rate):
                return False
            length = output_length(length, kernel_size, strides, dilation_rate=dilation_rate)
        return True

    field = receptive_field(layers)
    assert fits(field)
    assert not fits(field - 1)
