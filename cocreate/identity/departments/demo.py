"""The demo's departments, each with a head and somebody who works in it."""

from cocreate.core.runtime import Runtime
from cocreate.identity.departments.models import Department, DepartmentMember

DEPARTMENTS = {
    "cockpit": ("座舱软件", "lin_zhixia", ["tang_xiaozhou"]),
    "vehicle": ("三电", "he_luyao", ["tang_xiaozhou"]),
    "service": ("售后与供应链", "xu_anran", ["tang_xiaozhou", "qiaomu"]),
}


def seed(runtime: Runtime) -> None:
    """Write them; `runtime.memory["demo.departments"]` maps their keys to ids."""
    people: dict[str, int] = runtime.memory["demo.people"]
    with runtime.database.write() as session:
        rows = {key: Department(name=name, head_id=people[head]) for key, (name, head, _) in DEPARTMENTS.items()}
        session.add_all(rows.values())
        session.flush()
        ids = {key: row.id or 0 for key, row in rows.items()}
        session.add_all(
            DepartmentMember(department_id=ids[key], member_id=people[member])
            for key, (_, _, members) in DEPARTMENTS.items()
            for member in members
        )
    runtime.memory["demo.departments"] = ids
