"""What a package may tell us, and what it is told when it is opened again. Pure.

A package runs in the learner's browser, so that anybody can make it say anything: what it says is
counted as attendance, like the button under a text, and never as a grade.
"""

from collections.abc import Mapping
from typing import Any

from recruit.onboarding.scorm_manifest import ScormVersion


def is_attended(version: ScormVersion, cmi: Mapping[str, Any]) -> bool:
    """Tell whether a package says that it was worked through, and not failed.

    >>> is_attended(ScormVersion.V2004, {"completion_status": "completed", "success_status": "failed"})
    False
    """
    if version is ScormVersion.V12:
        return _part(cmi, "core").get("lesson_status") in ("passed", "completed")
    if cmi.get("success_status") == "failed":
        return False
    return cmi.get("completion_status") == "completed" or cmi.get("success_status") == "passed"


def suspends(version: ScormVersion, cmi: Mapping[str, Any]) -> bool:
    """Tell whether a package ends in order to be taken up again."""
    where = _part(cmi, "core") if version is ScormVersion.V12 else cmi
    return where.get("exit") == "suspend"


def data_to_open_with(
    version: ScormVersion,
    stored: Mapping[str, Any],
    *,
    ended: bool,
    learner: tuple[str, str],
    launch_data: str = "",
    mastery_score: str = "",
) -> dict[str, Any]:
    """Return the `cmi` that a package is opened with; `learner` is id and name.

    `ended` says that it was left for good, not suspended: SCORM 2004 then asks for a new try without
    what was stored. SCORM 1.2 keeps it.
    """
    number, name = learner
    if version is ScormVersion.V12:
        core = dict(_part(stored, "core"))
        was_suspended = core.get("exit") == "suspend"
        entry = "resume" if was_suspended else "" if core else "ab-initio"
        for passing in ("exit", "session_time"):
            core.pop(passing, None)
        core |= {"student_id": number, "student_name": name, "entry": entry, "credit": "credit"}
        core |= {"lesson_mode": "normal"}
        data = {key: value for key, value in stored.items() if key != "core"} | {"core": core}
        if launch_data:
            data["launch_data"] = launch_data
        if mastery_score:
            data["student_data"] = dict(_part(stored, "student_data")) | {
                "mastery_score": mastery_score
            }
        return data
    kept = {} if ended else dict(stored)
    for passing in ("exit", "session_time"):
        kept.pop(passing, None)
    kept |= {"learner_id": number, "learner_name": name, "credit": "credit", "mode": "normal"}
    kept["entry"] = "resume" if stored and not ended else "ab-initio"
    if launch_data:
        kept["launch_data"] = launch_data
    return kept


def _part(cmi: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = cmi.get(name)
    return part if isinstance(part, Mapping) else {}
