"""The authoring gate: what every kata must prove before a learner sees it."""

from pytest_fastapi_kata.verify.gate import Finding, KataReport, NearMissReport, verify

__all__ = ["Finding", "KataReport", "NearMissReport", "verify"]
