"""The document as a dict, the call and the judgement apart, just the checks that P1 to P3 need, in a class."""

import schemathesis
from app import app
from hypothesis import settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

schema = schemathesis.openapi.from_dict(app.openapi())


class TestDocument:
    @schema.parametrize()
    @settings(max_examples=40)
    def test_promises(self, case):
        response = case.call(app=app)
        assert response.status_code < 500
        case.validate_response(
            response, checks=[not_a_server_error, status_code_conformance, response_schema_conformance]
        )
