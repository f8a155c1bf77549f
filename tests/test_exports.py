"""Names that packages give out: one that is also a module's would turn into the module as soon as that is imported."""

import pkgutil
from importlib import import_module
from types import ModuleType

import pytest

import amine

PACKAGES = ["amine", *(m.name for m in pkgutil.walk_packages(amine.__path__, "amine.") if m.ispkg)]


@pytest.mark.parametrize("name", PACKAGES)
def test_a_name_that_is_given_out_is_no_module_of_that_name(name):
    package = import_module(name)
    modules = {m.name for m in pkgutil.iter_modules(package.__path__)}
    given = getattr(package, "__getattr__", lambda n: getattr(package, n))
    for n in modules & set(getattr(package, "__all__", ())):
        assert isinstance(given(n), ModuleType), f"{name}.{n}"
