"""Types straight over the rows, a dict as context, BEGIN IMMEDIATE around a booking, and masking of one's own."""

import datetime as dt
from collections.abc import Iterator
from itertools import groupby
from typing import Annotated, Any

import festival
import strawberry
from fastapi import Depends, FastAPI
from graphql import ExecutionResult, GraphQLError
from sqlalchemy import select, text
from strawberry.dataloader import DataLoader
from strawberry.extensions import QueryDepthLimiter, SchemaExtension
from strawberry.fastapi import GraphQLRouter

FEW = {"en": "not enough seats", "fr": "plus assez de places"}
UNKNOWN = {"en": "no such screening", "fr": "séance inconnue"}
NONE = {"en": "at least one seat", "fr": "au moins une place"}
LARGEST = 2**63 - 1


def key_of(id_: strawberry.ID) -> int:
    """The key of a row; -1, which no row has, for an id that is no number."""
    try:
        key = int(id_)
    except ValueError:
        return -1
    return key if str(key) == id_ and key <= LARGEST else -1


def by_id(model: Any) -> DataLoader[int, Any]:
    async def load(keys: list[int]) -> list[Any]:
        async with festival.session() as session:
            rows = (await session.execute(select(model).filter(model.id.in_(keys)))).scalars().all()
        found = {row.id: row for row in rows}
        return [found.get(key) for key in keys]

    return DataLoader(load_fn=load)


def by_foreign_key(model: Any, name: str, order: Any) -> DataLoader[int, list[Any]]:
    column = getattr(model, name)

    async def load(keys: list[int]) -> list[list[Any]]:
        async with festival.session() as session:
            rows = await session.scalars(select(model).where(column.in_(keys)).order_by(column, order))
        groups = {key: list(group) for key, group in groupby(rows, key=lambda row: getattr(row, name))}
        return [groups.get(key, []) for key in keys]

    return DataLoader(load_fn=load)


async def context(locale: Annotated[str, Depends(festival.get_locale)]) -> dict[str, Any]:
    return {
        "locale": locale,
        "films": by_id(festival.Film),
        "directors": by_id(festival.Director),
        "screenings": by_id(festival.Screening),
        "films_by_director": by_foreign_key(festival.Film, "director_id", festival.Film.id),
        "screenings_by_film": by_foreign_key(festival.Screening, "film_id", festival.Screening.starts_at),
    }


async def director(root: festival.Film, info: strawberry.Info) -> "Director":
    return await info.context["directors"].load(root.director_id)


async def screenings(root: festival.Film, info: strawberry.Info) -> list["Screening"]:
    return await info.context["screenings_by_film"].load(root.id)


@strawberry.type
class Film:
    id: strawberry.ID
    title: str
    director: "Director" = strawberry.field(resolver=director)
    screenings: list["Screening"] = strawberry.field(resolver=screenings)

    @classmethod
    def is_type_of(cls, obj: object, _: Any) -> bool:
        return isinstance(obj, festival.Film)


async def films(root: festival.Director, info: strawberry.Info) -> list[Film]:
    return await info.context["films_by_director"].load(root.id)


@strawberry.type
class Director:
    id: strawberry.ID
    name: str
    films: list[Film] = strawberry.field(resolver=films)

    @classmethod
    def is_type_of(cls, obj: object, _: Any) -> bool:
        return isinstance(obj, festival.Director)


async def film(root: festival.Screening, info: strawberry.Info) -> Film:
    return await info.context["films"].load(root.film_id)


@strawberry.type
class Screening:
    id: strawberry.ID
    hall: str
    starts_at: dt.datetime
    film: Film = strawberry.field(resolver=film)

    @strawberry.field
    @staticmethod
    def seats_left(root: festival.Screening) -> int:
        return root.seats - root.sold

    @classmethod
    def is_type_of(cls, obj: object, _: Any) -> bool:
        return isinstance(obj, festival.Screening)


async def screening(root: festival.Booking, info: strawberry.Info) -> Screening:
    return await info.context["screenings"].load(root.screening_id)


@strawberry.type
class Booking:
    id: strawberry.ID
    seats: int
    screening: Screening = strawberry.field(resolver=screening)

    @classmethod
    def is_type_of(cls, obj: object, _: Any) -> bool:
        return isinstance(obj, festival.Booking)


@strawberry.type
class BookingRefused:
    reason: str


BookingResult = Annotated[Booking | BookingRefused, strawberry.union(name="BookingResult")]


@strawberry.type
class Query:
    @strawberry.field
    async def films(self, first: int = 20) -> list[Film]:
        async with festival.session() as session:
            return list(await session.scalars(select(festival.Film).order_by(festival.Film.id).limit(first)))

    @strawberry.field
    async def film(self, info: strawberry.Info, id: strawberry.ID) -> Film | None:  # noqa: A002
        return await info.context["films"].load(key_of(id))


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def book_seats(self, info: strawberry.Info, screening_id: strawberry.ID, seats: int) -> BookingResult:
        locale = info.context["locale"]
        if seats <= 0:
            return BookingRefused(reason=NONE[locale])
        async with festival.session() as session:
            await session.execute(text("BEGIN IMMEDIATE"))
            row = await session.get(festival.Screening, key_of(screening_id))
            if row is None:
                return BookingRefused(reason=UNKNOWN[locale])
            if row.sold + seats > row.seats:
                return BookingRefused(reason=FEW[locale])
            row.sold += seats
            booking = festival.Booking(screening_id=row.id, seats=seats)
            session.add(booking)
            await session.commit()
        for value in info.context.values():
            if isinstance(value, DataLoader):
                value.clear_all()
        return booking


class Masked(SchemaExtension):
    def on_operation(self) -> Iterator[None]:
        yield
        result = self.execution_context.result
        if isinstance(result, ExecutionResult) and result.errors:
            result.errors = [self.masked(error) for error in result.errors]

    def masked(self, error: GraphQLError) -> GraphQLError:
        if error.original_error is None or isinstance(error.original_error, GraphQLError):
            return error
        return GraphQLError("Something went wrong on our side.", path=error.path)


schema = strawberry.Schema(query=Query, mutation=Mutation, extensions=[lambda: QueryDepthLimiter(max_depth=12), Masked])
app = FastAPI()
app.include_router(GraphQLRouter(schema, context_getter=context), prefix="/graphql")
