"""Merging in a browser and through JSON: who may, what the preview says, what nobody may read."""

from collections.abc import Callable
from datetime import timedelta

from cocreate.core import clock
from cocreate.core.actor import Role
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from forum.comments.models import Comment
from forum.merging.models import Merge
from forum.posts.models import Post, PostStatus, Visibility
from tests.client import Client

MakePost = Callable[..., Post]
MakeMember = Callable[..., Member]


def test_a_merged_post_leads_to_the_other_and_can_still_be_read_by_itself(
    client: Client, make_post: MakePost, make_comment: Callable[..., Comment], merge: Callable[..., Merge]
) -> None:
    source, target = make_post("雨刷记不住档位", body="每次都要重拨"), make_post("雨刷记忆")
    make_comment(source, "我的车也这样")
    merge(source, target, reason="说的都是雨刷")
    answer = client.get(f"/posts/{source.id}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/posts/{target.id}?from={source.id}")
    page = client.get(answer.headers["location"]).text
    assert f"你打开的是 #{source.id} “雨刷记不住档位”" in page
    for words in ("每次都要重拨", "我的车也这样", f'id="p{source.id}" open'):
        assert words in page
    alone = client.get(f"/posts/{source.id}?self=1")
    assert alone.status_code == 200
    assert "已并入" in alone.text
    assert "说的都是雨刷" in alone.text
    assert '<form class="vote' not in alone.text


def test_words_for_staff_alone_and_hidden_words_are_shown_to_no_owner_beneath_a_public_post(
    client: Client, make_post: MakePost, make_member: MakeMember, merge: Callable[..., Merge], runtime: Runtime,
    moderator: Member,
) -> None:  # fmt: skip
    secret = make_post("保密的标题", body="保密的正文", visibility=Visibility.STAFF)
    spam, target = make_post("垃圾标题", body="垃圾正文"), make_post("公开的愿望")
    merge(secret, target)
    merge(spam, target)
    with runtime.database.write() as session:
        session.get_one(Post, spam.id).hidden_at = clock.now()
    for reader in (None, make_member()):
        page = client.get(f"/posts/{target.id}?from={secret.id}", actor=reader).text
        assert "还有 2 条帖子说的是同一件事" in page
        assert "有 2 条的内容不在这里显示" in page
        for words in ("保密的", "垃圾"):
            assert words not in page
        assert client.get(f"/posts/{secret.id}?self=1", actor=reader).status_code == 404
    assert "保密的正文" in client.get(f"/posts/{target.id}", actor=moderator).text


def test_a_merged_post_whose_head_is_out_of_sight_is_shown_by_itself_without_its_title(
    client: Client, make_post: MakePost, merge: Callable[..., Merge], runtime: Runtime
) -> None:
    source, target = make_post("看得见的"), make_post("藏起来的标题")
    merge(source, target)
    with runtime.database.write() as session:
        session.get_one(Post, target.id).hidden_at = clock.now()
    answer = client.get(f"/posts/{source.id}")
    assert answer.status_code == 200
    assert "藏起来的标题" not in answer.text


def test_staff_choose_see_the_arithmetic_merge_and_take_it_back(
    client: Client, make_post: MakePost, moderator: Member, runtime: Runtime
) -> None:
    source, target = make_post("座椅通风太吵", votes=2, status=PostStatus.PLANNED), make_post("座椅通风声音大", votes=3)
    page = client.get(f"/posts/{source.id}/merge", actor=moderator).text
    assert f"into={target.id}" in page
    part = client.get(f"/posts/{source.id}/merge?q=%23{target.id}", actor=moderator, htmx=True).text
    assert "<html" not in part
    assert f"into={target.id}" in part
    preview = client.get(f"/posts/{source.id}/merge?into={target.id}", actor=moderator).text
    for figure in ("2", "3", "0", "5"):
        assert f'<b class="num">{figure}</b>' in preview
    assert "第一条现在是" in preview
    data = {"into": str(target.id), "reason": "同一件事"}
    answer = client.post(f"/posts/{source.id}/merge", actor=moderator, data=data)
    assert answer.headers["location"] == f"/posts/{target.id}?from={source.id}"
    listed = client.get("/moderation/merges", actor=moderator).text
    assert "座椅通风太吵" in listed
    assert "同一件事" in listed
    with runtime.database.read() as session:
        merge_id = session.get_one(Merge, 1).id
    answer = client.post(f"/merges/{merge_id}/undo", actor=moderator)
    assert answer.headers["location"] == f"/posts/{source.id}"
    assert client.get(f"/posts/{source.id}").status_code == 200


def test_a_merge_that_is_refused_says_why_before_and_after_the_button(
    client: Client, make_post: MakePost, moderator: Member
) -> None:
    public, private = make_post(), make_post(visibility=Visibility.STAFF)
    preview = client.get(f"/posts/{public.id}/merge?into={private.id}", actor=moderator).text
    assert "合并后车主就看不到这些话了" in preview
    answer = client.post(f"/posts/{public.id}/merge", actor=moderator, data={"into": str(private.id)})
    assert (answer.status_code, answer.headers["content-type"][:9]) == (409, "text/html")


def test_owners_neither_merge_nor_see_the_list(client: Client, make_post: MakePost, make_member: MakeMember) -> None:
    one, two, owner = make_post(), make_post(), make_member()
    assert client.get(f"/posts/{one.id}/merge", actor=owner).status_code == 403
    assert client.post(f"/posts/{one.id}/merge", actor=owner, data={"into": str(two.id)}).status_code == 403
    assert client.get("/moderation/merges", actor=owner).status_code == 403
    assert client.post("/merges/1/undo", actor=owner).status_code == 403


def test_programs_merge_read_and_take_back(
    client: Client, make_post: MakePost, make_member: MakeMember, make_token: Callable[..., str]
) -> None:
    pm = make_member("产品", Role.PM)
    source, target = make_post(votes=1), make_post(votes=2)
    path, token = f"/api/v1/posts/{source.id}/merge", make_token(pm, "posts:merge", "votes:write")
    assert client.post(path, token=make_token(pm, "posts:write"), json={"into": target.id}).status_code == 403
    made = client.post(path, token=token, json={"into": target.id})
    assert (made.status_code, made.json()["votes"], made.json()["both"]) == (201, 3, 0)
    read = client.get(f"/api/v1/posts/{source.id}").json()
    assert (read["status"], read["merged_into"]) == ("merged", target.id)
    vote = client.put(f"/api/v1/posts/{source.id}/vote", token=token).json()
    assert vote == {"post_id": target.id, "votes": 4, "voted": True}
    again = client.post(path, token=token, json={"into": target.id})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "merged_already")
    undone = client.delete(path, token=token).json()
    assert (undone["votes"], undone["undone_at"] is not None) == (3, True)
    assert client.delete(path, token=token).status_code == 404


def test_an_author_objects_staff_keep_it_or_take_it_back(
    client: Client, make_post: MakePost, make_member: MakeMember, merge: Callable[..., Merge], moderator: Member,
    runtime: Runtime,
) -> None:  # fmt: skip
    author, other = make_member(), make_member()
    source, target = make_post("我的原话", author=author), make_post("别人的愿望")
    made = merge(source, target)
    act, words = f"/merges/{made.id}/object", {"sentence": "我的是下雨天才有"}
    assert client.post(act, actor=other, data=words).status_code == 403
    assert client.post(act, actor=author, data={"sentence": " "}).status_code == 422
    assert "我说的是另一回事" in client.get("/me", actor=author).text
    assert client.post(act, actor=author, data=words).status_code == 303
    assert "我的是下雨天才有" in client.get("/me", actor=author).text
    listed = client.get("/moderation/merges?show=objections", actor=moderator).text
    assert "我的是下雨天才有" in listed
    assert client.post("/objections/1/keep", actor=moderator, data={"answer": ""}).status_code == 422
    assert client.post("/objections/1/keep", actor=moderator, data={"answer": "零件相同"}).status_code == 303
    assert client.post("/objections/1/keep", actor=moderator, data={"answer": "零件相同"}).status_code == 409
    assert "零件相同" in client.get("/me", actor=author).text
    with runtime.database.write() as session:
        session.get_one(Merge, made.id).at = clock.now() - timedelta(days=8)
    late = make_member()
    with runtime.database.write() as session:
        session.get_one(Post, source.id).author_id = late.id
    answer = client.post(act, actor=late, data=words)
    assert (answer.status_code, "异议期已过" in answer.text) == (409, True)


def test_my_voice_shows_where_a_merged_sentence_stands(
    client: Client, make_post: MakePost, make_member: MakeMember, merge: Callable[..., Merge]
) -> None:
    author = make_member()
    source, target = make_post("我的一句话", author=author), make_post("大家的愿望", status=PostStatus.PLANNED, votes=4)
    merge(source, target)
    page = client.get("/me", actor=author).text
    for words in ("我的一句话", "大家的愿望", "4 票"):
        assert words in page
