"""Tasks: what a person does for a sequence; done or skipped, the sequence goes on."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from recruit.insights.tasks import list_tasks
from recruit.sequences.usecases import complete_task, skip_task
from recruit.web.pages import redirect, render
from recruit.web.request import ReadingTx, StaffPerson, WritingTx, is_htmx

router = APIRouter()


@router.get("/tasks")
def show_tasks(
    request: Request,
    tx: ReadingTx,
    task: int | None = None,
    done: bool = False,
) -> Response:
    """Show the list with one task open."""
    tasks = list_tasks(tx, done=done)
    opened = next((t for t in tasks if t.touch_id == task), tasks[0] if tasks else None)
    if is_htmx(request):
        return render(request, "desk/task.html", opened=opened, done=done)
    return render(
        request, "desk/tasks.html", tasks=tasks, opened=opened, done=done, chosen=task is not None
    )


@router.post("/tasks/{touch_id}/done")
def mark_done(
    request: Request,
    tx: WritingTx,
    person: StaffPerson,
    touch_id: int,
    note: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Say that a task is done."""
    complete_task(tx, touch_id=touch_id, actor=person.name, note=note.strip())
    return redirect(request, "/tasks", "Done. The sequence goes on to its next step.")


@router.post("/tasks/{touch_id}/skip")
def skip(
    request: Request,
    tx: WritingTx,
    person: StaffPerson,
    touch_id: int,
    note: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Leave a task out."""
    skip_task(tx, touch_id=touch_id, actor=person.name, note=note.strip())
    return redirect(request, "/tasks", "Skipped. The sequence goes on to its next step.")
