"""Litestar."""

from __future__ import annotations

from dataclasses import dataclass

from litestar import Litestar, delete, get, post
from litestar.exceptions import NotFoundException
from litestar.response import Stream


@dataclass
class Task:
    title: str
    done: bool = False
    id: int = 0


TASKS: dict[int, Task] = {1: Task("write", False, 1)}


@get("/tasks")
async def listed(done: bool | None = None) -> list[Task]:
    return [task for task in TASKS.values() if done in (None, task.done)]


@post("/tasks")
async def added(data: Task) -> Task:
    data.id = max(TASKS) + 1
    TASKS[data.id] = data
    return data


@get("/tasks/{number:int}")
async def one(number: int) -> Task:
    if number not in TASKS:
        raise NotFoundException(f"There is no task {number}")
    return TASKS[number]


@delete("/tasks/{number:int}")
async def removed(number: int) -> None:
    TASKS.pop(number, None)


@get("/feed", media_type="text/event-stream")
async def feed() -> Stream:
    return Stream(iter([b"data: 1\n\n", b"data: 2\n\n"]))


app = Litestar([listed, added, one, removed, feed])
