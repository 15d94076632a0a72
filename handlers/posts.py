"""What is told of a channel: the tone of its posts, the reactions they got, the comments below them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from handlers.errors import Refusal
from handlers.label_words import label_name
from handlers.messages import Chat, Reply
from handlers.shares import measured
from handlers.texts import N_, Texts
from ml.mood_series import FEWEST_PEOPLE
from ml.posts import Post

SHOWN = 5  # posts, and kinds of reactions


def posts_card(posts: Sequence[Post], chat: Chat, days: int, t: Texts) -> Reply:
    """Sum up a channel's posts, and name those that were answered most.

    Raises:
        Refusal: There are none.
    """
    if not posts:
        raise Refusal(N_("No post was counted in this time. /tagging digest or /tagging react begins that."))
    said = Counter(post.label for post in posts)
    lines = [
        t(
            "{posts} ({time}): {tones}",
            posts=t.plural("{count} post", "{count} posts", len(posts)),
            time=looked_back(days, t),
            tones=t.listed(f"{label_name(label, t)} {count}" for label, count in said.most_common()),
        )
    ]
    reactions: Counter[str] = Counter()
    for post in posts:
        reactions.update(post.reactions)
    if reactions:
        shown = "  ".join(f"{emoji} {count:,}" for emoji, count in reactions.most_common(SHOWN))
        lines.append(t("Reactions: {shown}", shown=shown))
    commented = [post for post in posts if post.people >= FEWEST_PEOPLE]
    if commented:
        comments: Counter[str] = Counter()
        for post in commented:
            comments.update(post.comments)
        lines.append(t("Comments: {shares}", shares=_shares(comments, t)))
    liveliest = sorted(commented, key=lambda post: -post.commented)[:SHOWN]
    lines += [
        t(
            "· {link}: {comments}, {shares}",
            link=_link(chat, post.message_id),
            comments=t.plural("{count} comment", "{count} comments", post.commented),
            shares=_shares(Counter(post.comments), t),
        )
        for post in liveliest
    ]
    hidden = sum(bool(post.commented) and post.people < FEWEST_PEOPLE for post in posts)
    if hidden:
        lines.append(
            t.plural(
                "The comments of {count} post are not shown: fewer than {fewest} people wrote them.",
                "The comments of {count} posts are not shown: fewer than {fewest} people wrote them.",
                hidden,
                fewest=FEWEST_PEOPLE,
            )
        )
    return Reply("\n".join(lines))


def looked_back(days: int, t: Texts) -> str:
    """Say which time is summed up."""
    return t("last 24 hours") if days == 1 else t("last {days} days", days=days)


def _shares(counts: Counter[str], t: Texts) -> str:
    total = sum(counts.values())
    return t.listed(
        f"{label_name(label, t)} {measured(count / max(1, total))} %" for label, count in counts.most_common()
    )


def _link(chat: Chat, message_id: int) -> str:
    """Return the address of a post, which its readers can open."""
    return f"https://t.me/c/{str(chat.id).removeprefix('-100')}/{message_id}"
