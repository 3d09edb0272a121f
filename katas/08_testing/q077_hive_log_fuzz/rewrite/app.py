"""Next week's hive log: other operations altogether, all of them sound."""

from typing import Any

from fastapi import FastAPI, HTTPException, Path, Response
from pydantic import BaseModel

# 404 also where nothing is looked for: a name with a slash in it leads to no operation at all.
ANYWHERE: dict[int | str, dict[str, Any]] = {400: {"description": "Unreadable"}, 404: {"description": "Unknown"}}

app = FastAPI(title="Hive log 2", responses=ANYWHERE)


class Colony(BaseModel):
    """A colony and its queen."""

    queen: str | None
    frames: int


COLONIES = {"drone-hill": Colony(queen="Maud", frames=11), "weir": Colony(queen=None, frames=6)}


@app.get("/v2/colonies/{colony}")
async def one_colony(colony: str) -> Colony:
    """Answer one colony."""
    found = COLONIES.get(colony)
    if found is None:
        raise HTTPException(404)
    return found


@app.delete("/v2/swarms/{colony}", status_code=204)
async def swarm_is_gone(colony: str = Path(max_length=40)) -> Response:
    """Forget a swarm; one that nobody knows is forgotten already."""
    return Response(status_code=204)
