"""Doors two and three for machine learning: torch modules on the same equations, and rules that train them."""
