import schemathesis
from app import app

schema = schemathesis.openapi.from_asgi("/openapi.json", app)


@schema.parametrize()
def test_every_operation_keeps_its_word(case):
    case.call_and_validate()
