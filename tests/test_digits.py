"""The chapter that reads digits: its own cells train again, its kept weights read, and nothing reads by luck."""

import nbformat
import numpy as np
import pytest
from building import ROOT

from convtools import Conv2D, Dense, data
from convtools.exercises.digits import confusion, standard_error

CELLS = {cell.id: cell.source for cell in nbformat.read(ROOT / "book" / "9-digits.ipynb", as_version=4).cells}


@pytest.fixture(scope="module")
def chapter():
    """The names that the chapter's cells for the data and for the network define."""
    names = {"np": np, "data": data, "Conv2D": Conv2D}
    exec("from convtools import Sequential, figures", names)
    for cell in ("look", "split", "network"):
        exec(CELLS[cell], names)
    return names


@pytest.fixture
def model(chapter):
    return chapter["network"](seed=7)


@pytest.fixture
def kept(model):
    model.load_weights(data.digit_weights())
    return model


def accuracy(chapter, model):
    """The share of the chapter's test digits that the model reads right."""
    return np.mean(model.predict(chapter["x_test"]).argmax(axis=1) == chapter["y_test"])


def train(chapter, model, epochs, labels=None):
    y = chapter["y_train"] if labels is None else labels
    model.fit(chapter["x_train"], y, epochs=epochs, verbose=0, seed=7)
    return accuracy(chapter, model)


def test_training_set_and_test_set_share_no_digit_and_all_are_used(chapter):
    assert sorted(chapter["order"]) == list(range(1797))
    assert len(chapter["x_train"]) == len(chapter["y_train"]) == 1297
    both = np.concatenate([chapter["x_train"], chapter["x_test"]])
    assert np.array_equal(both[..., 0], data.digits()[0][chapter["order"]])
    pictures = [{x.tobytes() for x in chapter[name]} for name in ("x_train", "x_test")]
    assert not pictures[0] & pictures[1]


def test_the_kept_weights_read_and_no_answer_is_close(chapter, kept):
    assert accuracy(chapter, kept) >= 0.97
    for weight in kept.get_weights():
        assert np.array_equal(weight, np.round(weight, 2))
    chances = np.sort(kept.predict(chapter["x_test"]), axis=1)
    assert np.min(chances[:, -1] - chances[:, -2]) > 0.05  # so another processor's last digit changes none


def test_trained_again_it_reads_as_well_as_with_the_kept_weights(chapter, kept):
    share = accuracy(chapter, kept)
    again = train(chapter, chapter["network"](seed=7), epochs=20)
    assert abs(again - share) < 2 * np.sqrt(2) * standard_error(share, 500)  # two of the difference


def test_what_the_text_says_of_the_kept_weights(chapter, kept):
    said = kept.predict(chapter["x_test"]).argmax(axis=1)
    table = confusion(chapter["y_test"], said)
    assert (np.trace(table), table.sum()) == (488, 500)
    assert [table[8, digit] for digit in (1, 5, 4)] == [2, 2, 1]
    assert table[7, 4] == 2
    assert chapter["y_test"][2] == 6
    upper = kept.layers[0](chapter["x_test"][2:3])[0, :, :, 4]
    assert (upper.argmax() + 1, round(float(upper.max()), 2)) == (37, 3.11)


def test_from_shuffled_labels_nothing_is_learned(chapter, model):
    shuffled = np.random.default_rng(seed=7).permutation(chapter["y_train"])
    assert train(chapter, model, epochs=20, labels=shuffled) < 0.2


def test_one_epoch_reads_four_of_five_digits(chapter, model):
    assert train(chapter, model, epochs=1) > 0.8


@pytest.mark.parametrize("layer", [Conv2D, Dense])
def test_with_a_wrong_gradient_one_epoch_does_not(chapter, model, layer, monkeypatch):
    right = layer._weight_gradients
    monkeypatch.setattr(layer, "_weight_gradients", lambda *given: [-part for part in right(*given)])
    assert train(chapter, model, epochs=1) < 0.7
