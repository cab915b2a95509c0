"""Whatever convtools offers says what it is and shows an example, which the doctests run."""

import inspect
import pkgutil
from importlib import import_module

import pytest

import convtools

MODULES = [name for _, name, is_package in pkgutil.iter_modules(convtools.__path__) if not is_package]


def offered(module):
    """Yield the names and values of the public functions, classes and methods that a module defines."""
    for name, value in vars(module).items():
        if name.startswith("_") or getattr(value, "__module__", "") != module.__name__:
            continue
        yield name, value
        if inspect.isclass(value):
            own = vars(value).items()
            yield from (
                (f"{name}.{method}", made) for method, made in own if inspect.isfunction(made) and method[0] != "_"
            )


@pytest.mark.parametrize("name", MODULES)
def test_every_public_name_has_an_example(name):
    module = import_module(f"convtools.{name}")
    lacking = [own for own, value in offered(module) if ">>> " not in (inspect.getdoc(value) or "")]
    assert module.__doc__
    assert lacking == []
