"""Programs written for Keras give the same with only their import lines changed."""

import numpy as np
import pytest

OURS = {"Sequential": "convtools", "Conv1D": "convtools", "Conv2D": "convtools"}

BUMP = """
import numpy as np
from {Sequential} import Sequential
from {Conv1D} import Conv1D

data = np.array([0, 0, 0, 1, 1, 0, 0, 0]).reshape(1, 8, 1)
model = Sequential()
model.add(Conv1D(1, 3, input_shape=(8, 1)))
model.set_weights([np.array([[[0]], [[1]], [[0]]]), np.array([0.0])])
print(model.get_weights())
yhat = model.predict(data)
print(yhat)
"""

LINE = """
import numpy as np
from {Sequential} import Sequential
from {Conv2D} import Conv2D

data = np.array([[0, 0, 0, 1, 1, 0, 0, 0]] * 8).reshape(1, 8, 8, 1)
model = Sequential()
model.add(Conv2D(1, (3, 3), input_shape=(8, 8, 1)))
detector = [[[[0]], [[1]], [[0]]], [[[0]], [[1]], [[0]]], [[[0]], [[1]], [[0]]]]
model.set_weights([np.array(detector), np.array([0.0])])
print(model.get_weights())
yhat = model.predict(data)
for r in range(yhat.shape[1]):
    print([float(yhat[0, r, c, 0]) for c in range(yhat.shape[2])])
"""

BUMP_PRINTS = """\
[array([[[0.]],

       [[1.]],

       [[0.]]], dtype=float32), array([0.], dtype=float32)]
[[[0.]
  [0.]
  [1.]
  [1.]
  [0.]
  [0.]]]
"""

LINE_PRINTS = "[0.0, 0.0, 3.0, 3.0, 0.0, 0.0]\n" * 6

both = pytest.mark.parametrize(
    ("program", "shape", "row", "prints"),
    [(BUMP, (1, 6, 1), [[0], [0], [1], [1], [0], [0]], BUMP_PRINTS), (LINE, (1, 6, 6, 1), None, LINE_PRINTS)],
    ids=["bump", "line"],
)


def run(program, modules):
    """Run a program with these import lines and return its variables."""
    names = {}
    exec(program.format(**modules), names)
    return names


@both
def test_programs(program, shape, row, prints, capsys):
    names = run(program, OURS)
    assert names["yhat"].shape == shape
    assert names["yhat"].dtype == np.float32
    expected = [0, 0, 1, 1, 0, 0] if program is BUMP else [[0, 0, 3, 3, 0, 0]] * 6
    assert names["yhat"][0, ..., 0].tolist() == expected
    assert [weight.dtype for weight in names["model"].get_weights()] == [np.float32] * 2
    assert capsys.readouterr().out.endswith(prints)
