from fastapi import APIRouter

router = APIRouter()


@router.get("/{kind}/{code}")
def look_up(kind: str, code: str) -> dict[str, str]:
    return {"kind": kind, "code": code}
