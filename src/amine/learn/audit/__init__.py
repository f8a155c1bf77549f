"""Audit of a trained model: one report on attribution, over-fitting, calibration, fairness, privacy and cost."""

from amine.optional import optional

with optional("amine.learn.audit"):
    from amine.learn.audit.overview import Audit, audit

__all__ = ["Audit", "audit"]
