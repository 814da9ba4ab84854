"""Departments: opened, headed, staffed, closed; who the leadership is."""

import pytest

from cocreate.core.actor import Role
from cocreate.identity.departments import queries, service
from cocreate.identity.departments.models import Department
from cocreate.identity.members.service import blank_member
from tests.factories.forum import acting


@pytest.fixture
def admin(make_member):
    return make_member("管理员", Role.ADMIN)


@pytest.fixture
def act(runtime, admin):
    return acting(runtime, admin, Role.ADMIN)


def opened(runtime, act, name="座舱", **values):
    with runtime.database.write() as session:
        return service.open_department(session, name, by=act, **values).id


def change(runtime, act, department_id, **values):
    given = {"name": "座舱", "head_id": None, "leadership": False, "member_ids": []} | values
    with runtime.database.write() as session:
        service.change_department(session, queries.get_department(session, department_id), by=act, **given)


def ask(runtime, question, *values):
    with runtime.database.read() as session:
        return question(session, *values)


def test_a_department_has_a_head_and_members(runtime, act, make_member):
    head, agent = make_member("老周", Role.PM), make_member("小林", Role.AGENT)
    number = opened(runtime, act)
    change(runtime, act, number, head_id=head.id, member_ids=[agent.id, agent.id])
    assert ask(runtime, queries.departments) == [queries.DepartmentRef(number, "座舱", head.id)]
    assert ask(runtime, queries.members_of, number) == [agent.id]
    assert ask(runtime, queries.departments_of, agent.id) == [number]
    assert ask(runtime, queries.departments_of, head.id) == [number]
    assert ask(runtime, queries.all_departments)[0].people == 2
    change(runtime, act, number, head_id=agent.id, member_ids=[])
    assert ask(runtime, queries.departments_of, head.id) == []


def test_two_departments_of_one_name_are_refused(runtime, act):
    number, other = opened(runtime, act), opened(runtime, act, "三电")
    with pytest.raises(service.DepartmentNameTaken):
        opened(runtime, act)
    with pytest.raises(service.DepartmentNameTaken):
        change(runtime, act, other, name="座舱")
    change(runtime, act, number)


def test_owners_neither_head_a_department_nor_work_in_one(runtime, act, make_member):
    owner, number = make_member(), opened(runtime, act)
    with pytest.raises(service.NotStaff):
        change(runtime, act, number, head_id=owner.id)
    with pytest.raises(service.NotStaff):
        change(runtime, act, number, member_ids=[owner.id])
    assert ask(runtime, queries.members_of, number) == []


def test_a_closed_department_is_asked_no_more_and_keeps_its_name(runtime, act):
    number = opened(runtime, act)
    with runtime.database.write() as session:
        service.close_department(session, session.get_one(Department, number), by=act)
    assert ask(runtime, queries.departments) == []
    assert ask(runtime, queries.refs, [number])[number].name == "座舱"
    with runtime.database.write() as session:
        service.reopen_department(session, session.get_one(Department, number), by=act)
    assert len(ask(runtime, queries.departments)) == 1


def test_the_leadership_is_who_is_named_and_else_the_administrators(runtime, act, admin, make_member):
    boss, deputy = make_member("总经理", Role.PM), make_member("副总", Role.PM)
    shut_out = make_member("停用", Role.ADMIN, suspended=True)
    assert shut_out.id not in ask(runtime, queries.leads)
    assert ask(runtime, queries.leads) == [admin.id]
    number = opened(runtime, act, "总经办", head_id=boss.id, leadership=True)
    change(runtime, act, number, name="总经办", head_id=boss.id, leadership=True, member_ids=[deputy.id])
    assert ask(runtime, queries.leads) == sorted([boss.id, deputy.id])
    with runtime.database.write() as session:
        service.close_department(session, session.get_one(Department, number), by=act)
    assert ask(runtime, queries.leads) == [admin.id]


def test_who_leaves_is_taken_out_of_every_department(runtime, act, make_member, worker):
    head = make_member("老周", Role.PM)
    number = opened(runtime, act)
    change(runtime, act, number, head_id=head.id, member_ids=[head.id])
    with runtime.database.write() as session:
        blank_member(session, session.merge(head), by=act)
    worker.drain()
    assert ask(runtime, queries.departments)[0].head_id is None
    assert ask(runtime, queries.members_of, number) == []


# -- pages


def test_administrators_arrange_departments_on_their_page(client, runtime, admin, make_member):
    head = make_member("老周", Role.PM)
    done = client.post("/departments", data={"name": "座舱"}, actor=admin)
    assert done.status_code == 303
    (found,) = ask(runtime, queries.departments)
    form = {"name": "智能座舱", "head": str(head.id), "members": [str(head.id)], "leadership": "1"}
    assert client.post(f"/departments/{found.id}", data=form, actor=admin).status_code == 303
    page = client.get("/departments", actor=admin).text
    assert "智能座舱" in page
    assert "老周" in page
    assert "checked" in client.get(f"/departments/{found.id}", actor=admin).text
    assert client.post("/departments", data={"name": " "}, actor=admin).status_code == 422
    assert client.post(f"/departments/{found.id}", data={**form, "name": ""}, actor=admin).status_code == 422
    assert client.post("/departments", data={"name": "智能座舱"}, actor=admin).status_code == 409
    assert client.post(f"/departments/{found.id}/close", actor=admin).status_code == 303
    assert client.post(f"/departments/{found.id}/reopen", actor=admin).status_code == 303


def test_others_of_the_staff_look_and_owners_do_not(client, runtime, act, make_member):
    number = opened(runtime, act)
    pm, owner = make_member("产品", Role.PM), make_member()
    assert client.get("/departments", actor=pm).status_code == 200
    assert "座舱" in client.get(f"/departments/{number}", actor=pm).text
    assert client.post("/departments", data={"name": "x"}, actor=pm).status_code == 403
    assert client.post(f"/departments/{number}/close", actor=pm).status_code == 403
    assert client.get("/departments", actor=owner).status_code == 403
    assert client.get("/departments/99", actor=pm).status_code == 404


@pytest.mark.parametrize("field", ["head", "members"])
def test_a_number_that_no_member_can_have_is_refused(client, runtime, act, admin, field):
    number = opened(runtime, act)
    answer = client.post(f"/departments/{number}", actor=admin, data={"name": "座舱", field: "9" * 20})
    assert answer.status_code == 422
