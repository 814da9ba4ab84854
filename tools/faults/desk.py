"""What the forum promises about the status of a post."""

from tools.faults.fault import Fault

FAULTS = [
    Fault(
        "a status takes the same step twice",
        "forum/desk/service.py",
        "                col(Post.status) != status,\n",
        "",
        "tests/forum/desk/test_desk.py::test_a_status_leaves_a_trail_and_tells_followers_once",
    ),
    Fault(
        "the forum tells what another room tells already",
        "forum/posts/models.py",
        "        return self.cause_kind in OWN_CAUSES or",
        "        return True or self.cause_kind in OWN_CAUSES or",
        "tests/forum/posts/test_models.py",
    ),
]
