"""The vote button in a browser, with htmx and without script."""

from collections.abc import Callable

from cocreate.identity.members.models import Member
from forum.posts.models import Post, PostStatus
from tests.client import Client


def test_htmx_gets_the_button_back(
    client: Client, make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    post, member = make_post(), make_member()
    answer = client.post(f"/posts/{post.id}/vote", actor=member, htmx=True)
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert 'aria-pressed="true"' in answer.text
    assert f'hx-post="/posts/{post.id}/vote/withdraw"' in answer.text
    answer = client.post(f"/posts/{post.id}/vote/withdraw", actor=member, htmx=True)
    assert 'aria-pressed="false"' in answer.text


def test_the_button_keeps_its_layout_and_place(
    client: Client, make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    post = make_post()
    answer = client.post(f"/posts/{post.id}/vote?layout=bar&at=similar", actor=make_member(), htmx=True)
    assert "vote-bar" in answer.text
    assert f'id="vote-similar-{post.id}"' in answer.text
    assert f"/posts/{post.id}/vote/withdraw?layout=bar&amp;at=similar" in answer.text


def test_a_plain_form_leads_back_to_where_it_was_pressed(
    client: Client, make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    post, member = make_post("座椅通风太吵"), make_member()
    answer = client.post(f"/posts/{post.id}/vote", actor=member, headers={"referer": "http://testserver/?sort=new"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/?sort=new#vote-{post.id}")
    page = client.get(f"/posts/{post.id}", actor=member, headers={"cookie": f"flash={answer.cookies['flash']}"})
    assert "你的一票已算上" in page.text
    assert 'aria-pressed="true"' in page.text


def test_a_foreign_page_is_never_led_back_to(
    client: Client, make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    post = make_post()
    answer = client.post(
        f"/posts/{post.id}/vote", actor=make_member(), headers={"referer": "https://elsewhere.example/x"}
    )
    assert answer.headers["location"] == f"/posts/{post.id}#vote-{post.id}"


def test_a_guest_is_led_to_the_door(client: Client, make_post: Callable[..., Post]) -> None:
    post = make_post()
    answer = client.post(f"/posts/{post.id}/vote")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")
    answer = client.post(f"/posts/{post.id}/vote", htmx=True)
    assert answer.headers["hx-redirect"].startswith("/sign-in")


def test_a_decided_post_says_friendly_that_voting_is_over(
    client: Client, make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    post = make_post(status=PostStatus.SHIPPED)
    answer = client.post(f"/posts/{post.id}/vote", actor=make_member(), htmx=True)
    assert answer.status_code == 409
    assert "投票已经结束" in answer.text
    assert '<form class="vote' not in client.get(f"/posts/{post.id}").text
