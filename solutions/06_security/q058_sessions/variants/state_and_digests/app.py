"""A middleware puts the living session into request.state; the store knows keys by their digest only."""

import hashlib
import uuid

import boxoffice as box
from fastapi import Body, FastAPI, Request, Response
from fastapi.responses import JSONResponse


class Store:
    def __init__(self):
        self.by_digest = {}
        self.of_customer = {}

    @staticmethod
    def digest(key: str) -> str:
        return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()

    def find(self, key):
        digest = self.digest(key)
        session = self.by_digest.get(digest)
        if session and box.clock.now() - session["last"] > box.IDLE_SECONDS:
            self.drop(session)
            session = None
        if session:
            session["last"] = box.clock.now()
        return session

    def make(self, seats, customer):
        key = uuid.uuid4().hex
        session = {"digest": self.digest(key), "seats": seats, "customer": customer, "last": box.clock.now()}
        self.by_digest[session["digest"]] = session
        if customer is not None:
            self.of_customer.setdefault(customer, []).append(session)
        return key, session

    def drop(self, session):
        self.by_digest.pop(session["digest"], None)
        of_customer = self.of_customer.get(session["customer"], [])
        if session in of_customer:
            of_customer.remove(session)


app = FastAPI()
store = Store()


@app.middleware("http")
async def sessions(request: Request, call_next):
    key = request.cookies.get("session")
    request.state.session = store.find(key) if key else None
    request.state.new_key = None
    response = await call_next(request)
    if request.state.new_key:
        response.headers.append(
            "set-cookie",
            f"session={request.state.new_key}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={box.IDLE_SECONDS}",
        )
    elif key and request.state.session is None:
        # Dead: the browser need not send it again.
        response.headers.append("set-cookie", "session=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0")
    return response


def begin(request, seats=(), customer=None):
    if request.state.session:
        store.drop(request.state.session)
    request.state.new_key, request.state.session = store.make(list(seats), customer)
    return request.state.session


def refused(detail):
    return JSONResponse({"detail": detail}, status_code=401)


@app.get("/basket")
def basket(request: Request):
    session = request.state.session or {}
    return {"customer": session.get("customer"), "seats": session.get("seats", [])}


@app.post("/basket")
def add(request: Request, seat: str = Body(embed=True)):
    session = request.state.session or begin(request)
    session["seats"].append(seat)
    return {"customer": session["customer"], "seats": session["seats"]}


@app.post("/login")
def login(request: Request, email: str = Body(), password: str = Body()):
    if not box.check_login(email, password):
        return refused("Incorrect email or password")
    seats = request.state.session["seats"] if request.state.session else []
    begin(request, seats, email)
    return {"customer": email}


@app.get("/orders")
def orders(request: Request):
    session = request.state.session
    if not session or session["customer"] is None:
        return refused("Please log in")
    return box.orders.get(session["customer"], [])


@app.post("/logout")
def logout(request: Request):
    if request.state.session:
        store.drop(request.state.session)
        request.state.session = None
    return Response(status_code=204)


@app.post("/logout/everywhere")
def logout_everywhere(request: Request):
    session = request.state.session
    if not session or session["customer"] is None:
        return refused("Please log in")
    for other in store.of_customer.pop(session["customer"]):
        store.drop(other)
    request.state.session = None
    return Response(status_code=204)
