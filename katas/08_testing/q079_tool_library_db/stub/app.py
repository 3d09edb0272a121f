"""The tool library. Given, finished, not to be changed."""

from typing import Annotated

from db import Loan, Tool, get_session
from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

app = FastAPI()
Db = Annotated[Session, Depends(get_session)]


class NewTool(BaseModel):
    name: str


class NewLoans(BaseModel):
    tools: list[str]
    member: str


@app.post("/tools", status_code=201)
def add_tool(new: NewTool, session: Db):
    tool = Tool(name=new.name)
    session.add(tool)
    try:
        session.commit()
    except IntegrityError:
        session.rollback()
        raise HTTPException(409, "There is a tool of this name") from None
    return {"id": tool.id, "name": tool.name}


@app.get("/tools")
def list_tools(session: Db):
    tools = session.scalars(select(Tool).order_by(Tool.name))
    return [{"id": tool.id, "name": tool.name} for tool in tools]


@app.post("/loans", status_code=201)
def lend(new: NewLoans, session: Db):
    for name in new.tools:
        tool = session.scalar(select(Tool).where(Tool.name == name))
        if tool is None:
            session.rollback()
            raise HTTPException(404, f"There is no tool {name}")
        session.add(Loan(tool_id=tool.id, member=new.member))
        try:
            session.flush()
        except IntegrityError:
            session.rollback()
            raise HTTPException(409, f"{name} is lent already") from None
    session.commit()
    return {"lent": len(new.tools)}


@app.get("/loans/{member}")
def list_loans(member: str, session: Db):
    names = select(Tool.name).join(Loan, Loan.tool_id == Tool.id).where(Loan.member == member)
    return list(session.scalars(names.order_by(Tool.name)))
