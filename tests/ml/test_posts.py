"""What is kept of a channel's posts, and for how long."""

from __future__ import annotations

import time

from redis.asyncio import Redis

from ml import keys
from ml.mood import DAY
from ml.posts import KEPT, Comment, Posts
from ml.pseudonyms import Pseudonym


async def test_who_commented_a_post_is_kept_no_longer_than_the_post_by_which_they_are_found(
    redis_client: Redis,
) -> None:
    posts, written = Posts(redis_client), int(time.time()) - KEPT + DAY
    await posts.note(-1, 5, written, "positive")
    await posts.comment(-1, 5, Comment(Pseudonym("who", "whereabouts"), "negative"))
    assert await posts.commented(-1, "who") == 1
    for name in (keys.post(-1, 5), keys.post_people(-1, 5)):
        assert 0 < await redis_client.ttl(name) <= DAY
