"""Loaders of one's own over one session of the request, which a lock lends out; a booking is UPDATE … RETURNING."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any

import strawberry
from fastapi import Depends, FastAPI
from festival import Booking as BookingRow
from festival import Director as DirectorRow
from festival import Film as FilmRow
from festival import Screening as ScreeningRow
from festival import get_locale, session
from graphql import FieldNode, FragmentSpreadNode, GraphQLError, Node, ValidationRule
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from strawberry.extensions import AddValidationRules, MaskErrors
from strawberry.fastapi import BaseContext, GraphQLRouter

DEEPEST = 15
PHRASES = {
    "few": {"en": "not enough seats", "fr": "plus assez de places"},
    "unknown": {"en": "no such screening", "fr": "séance inconnue"},
    "none": {"en": "at least one seat", "fr": "au moins une place"},
}


class Gatherer:
    """Gathers keys until the loop comes round, and asks for all of them at once."""

    def __init__(self, ask: Callable[[set[int]], Awaitable[dict[int, Any]]]) -> None:
        self.ask = ask
        self.waiting: dict[int, asyncio.Future[Any]] = {}
        self.task: asyncio.Task[None] | None = None

    async def get(self, key: int) -> Any:
        if not self.waiting:
            self.task = asyncio.create_task(self.fetch())
        return await self.waiting.setdefault(key, asyncio.get_running_loop().create_future())

    async def fetch(self) -> None:
        # Those who are about to ask get a turn of the loop to do so.
        await asyncio.sleep(0)
        waiting, self.waiting = self.waiting, {}
        try:
            found = await self.ask(set(waiting))
        except Exception as error:
            for future in waiting.values():
                future.set_exception(error)
        else:
            for key, future in waiting.items():
                future.set_result(found.get(key))


class Context(BaseContext):
    def __init__(self, locale: str, database: AsyncSession) -> None:
        super().__init__()
        self.locale = locale
        self.database = database
        self.turn = asyncio.Lock()
        self.film = Gatherer(lambda keys: self.single(FilmRow, keys))
        self.director = Gatherer(lambda keys: self.single(DirectorRow, keys))
        self.screening = Gatherer(lambda keys: self.single(ScreeningRow, keys))
        self.films = Gatherer(lambda keys: self.lists(FilmRow, FilmRow.director_id, FilmRow.id, keys))
        self.screenings = Gatherer(
            lambda keys: self.lists(ScreeningRow, ScreeningRow.film_id, ScreeningRow.starts_at, keys)
        )

    async def rows(self, query: Any) -> list[Any]:
        async with self.turn:
            return list(await self.database.scalars(query.execution_options(populate_existing=True)))

    async def single(self, model: Any, keys: set[int]) -> dict[int, Any]:
        return {row.id: row for row in await self.rows(select(model).where(model.id.in_(keys)))}

    async def lists(self, model: Any, column: Any, order: Any, keys: set[int]) -> dict[int, Any]:
        found: dict[int, list[Any]] = {key: [] for key in keys}
        for row in await self.rows(select(model).where(column.in_(keys)).order_by(order)):
            found[getattr(row, column.key)].append(row)
        return found


async def get_database() -> AsyncIterator[AsyncSession]:
    async with session() as database:
        yield database


async def get_context(locale: str = Depends(get_locale), database: AsyncSession = Depends(get_database)) -> Context:
    return Context(locale, database)


Info = strawberry.Info[Context, None]


def parsed(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and int(text) < 2**63 else None


@strawberry.type
class Film:
    row: strawberry.Private[FilmRow]

    @strawberry.field
    def id(self) -> strawberry.ID:
        return strawberry.ID(str(self.row.id))

    @strawberry.field
    def title(self) -> str:
        return self.row.title

    @strawberry.field
    async def director(self, info: Info) -> "Director":
        return Director(row=await info.context.director.get(self.row.director_id))

    @strawberry.field
    async def screenings(self, info: Info) -> list["Screening"]:
        return [Screening(row=row) for row in await info.context.screenings.get(self.row.id)]


@strawberry.type
class Director:
    row: strawberry.Private[DirectorRow]

    @strawberry.field
    def id(self) -> strawberry.ID:
        return strawberry.ID(str(self.row.id))

    @strawberry.field
    def name(self) -> str:
        return self.row.name

    @strawberry.field
    async def films(self, info: Info) -> list[Film]:
        return [Film(row=row) for row in await info.context.films.get(self.row.id)]


@strawberry.type
class Screening:
    row: strawberry.Private[ScreeningRow]

    def __post_init__(self) -> None:
        # The row is shared by the whole request and may change with the next booking.
        self.left = self.row.seats - self.row.sold

    @strawberry.field
    def id(self) -> strawberry.ID:
        return strawberry.ID(str(self.row.id))

    @strawberry.field
    def hall(self) -> str:
        return self.row.hall

    @strawberry.field
    def starts_at(self) -> datetime:
        return self.row.starts_at

    @strawberry.field
    def seats_left(self) -> int:
        return self.left

    @strawberry.field
    async def film(self, info: Info) -> Film:
        return Film(row=await info.context.film.get(self.row.film_id))


@strawberry.type
class Booking:
    id: strawberry.ID
    screening: Screening


@strawberry.type
class BookingRefused:
    reason: str


@strawberry.type
class Query:
    @strawberry.field
    async def films(self, info: Info, first: int = 20) -> list[Film]:
        return [Film(row=row) for row in await info.context.rows(select(FilmRow).order_by(FilmRow.id).limit(first))]

    @strawberry.field
    async def film(self, info: Info, id: strawberry.ID) -> Film | None:  # noqa: A002
        key = parsed(id)
        row = None if key is None else await info.context.film.get(key)
        return row and Film(row=row)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def book_seats(
        self, info: Info, screening_id: strawberry.ID, seats: int
    ) -> Annotated[Booking | BookingRefused, strawberry.union("BookingResult")]:
        context = info.context
        key = parsed(screening_id)
        if seats < 1:
            return BookingRefused(reason=PHRASES["none"][context.locale])
        if key is None or await context.screening.get(key) is None:
            return BookingRefused(reason=PHRASES["unknown"][context.locale])
        taking = (
            update(ScreeningRow)
            .where(ScreeningRow.id == key, ScreeningRow.sold + seats <= ScreeningRow.seats)
            .values(sold=ScreeningRow.sold + seats)
            .returning(ScreeningRow)
            .execution_options(populate_existing=True)
        )
        async with context.turn:
            row = await context.database.scalar(taking)
            if row is not None:
                booking = BookingRow(screening_id=key, seats=seats)
                context.database.add(booking)
            await context.database.commit()
        if row is None:
            return BookingRefused(reason=PHRASES["few"][context.locale])
        return Booking(id=strawberry.ID(str(booking.id)), screening=Screening(row=row))


class Depth(ValidationRule):
    """Says no to operations that are too deep, fragments included."""

    def enter_operation_definition(self, node: Node, *_: Any) -> None:
        if self.depth_of(node, frozenset()) > DEEPEST:
            self.context.report_error(GraphQLError("That query goes too deep.", node))

    def depth_of(self, node: Node, seen: frozenset[str]) -> int:
        if isinstance(node, FragmentSpreadNode):
            name = node.name.value
            fragment = self.context.get_fragment(name)
            return 0 if fragment is None or name in seen else self.depth_of(fragment, seen | {name})
        inner = getattr(node, "selection_set", None)
        below = max((self.depth_of(one, seen) for one in inner.selections), default=0) if inner else 0
        return below + isinstance(node, FieldNode)


schema = strawberry.Schema(
    Query,
    Mutation,
    extensions=[
        lambda: AddValidationRules([Depth]),
        lambda: MaskErrors(lambda error: not isinstance(error.original_error, GraphQLError | None)),
    ],
)
app = FastAPI()
app.include_router(GraphQLRouter(schema, path="/graphql", context_getter=get_context))
