"""Names that packages give out: one that is also a module's would turn into the module as soon as that is imported."""

import pkgutil
from importlib import import_module
from types import ModuleType

import pytest

import amine

PACKAGES = ["amine", *(m.name for m in pkgutil.walk_packages(amine.__path__, "amine.") if m.ispkg)]
LAZY = [name for name in PACKAGES if "__getattr__" in vars(import_module(name))]


@pytest.mark.parametrize("name", LAZY)
def test_a_name_that_is_given_out_is_no_module_of_that_name(name):
    package = import_module(name)
    modules = {m.name for m in pkgutil.iter_modules(package.__path__)}
    for n in modules & set(getattr(package, "__all__", ())):
        assert isinstance(package.__getattr__(n), ModuleType), f"{name}.{n}"
