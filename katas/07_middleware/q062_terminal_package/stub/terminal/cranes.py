from fastapi import APIRouter

router = APIRouter(tags=["cranes"])
stopped: list[str] = []


@router.get("/cranes")
def list_stopped() -> list[str]:
    return stopped


@router.post("/cranes/{name}/stop", status_code=202)
def stop_crane(name: str) -> dict[str, str]:
    stopped.append(name)
    return {"stopped": name}
