"""One test for all operations: each gives a strategy, hypothesis draws cases from them."""

import pytest
import schemathesis
from app import app
from hypothesis import HealthCheck, given, settings, strategies

schema = schemathesis.openapi.from_asgi("/openapi.json", app)
operations = [result.ok() for result in schema.get_all_operations()]


@pytest.mark.parametrize("operation", operations, ids=lambda operation: operation.label)
@given(data=strategies.data())
@settings(suppress_health_check=list(HealthCheck))
def test_operation(operation, data):
    case = data.draw(operation.as_strategy())
    case.call_and_validate()
