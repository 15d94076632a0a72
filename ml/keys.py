"""How Tonefit's keys in Redis are named: by ids alone, never by what people wrote.

Names of models, labels and texts stand in fields and values. A chat's id is no text of anybody.
"""

from __future__ import annotations

CHANGES = "tonefit:changes"  # stream: which model's live version changed
PROGRESS = "tonefit:progress"  # stream: what trainings report
PROGRESS_CURSOR = "tonefit:progress:cursor"  # string: the last record that the bot has dealt with
PROGRESS_FOLLOWER = "tonefit:progress:follower"  # string with a TTL: which replica reads the stream
ACTIVE_JOBS = "tonefit:jobs:active"  # sorted set: jobs neither done nor given up, by time
SWEEPER = "tonefit:jobs:sweeper"  # string with a TTL: which process looks after lost jobs
SERVING = "tonefit:serving"  # hash: a replica that serves models, to the last change it serves and when
PACE = "tonefit:pace"  # hash: how long trainings took, by architecture

JUDGED = "tonefit:judged"  # hash: counts of Right and Wrong of the shipped model in all chats, by version
JUDGED_MODELS = "tonefit:judged:models"  # hash: the same of chats' models, by chat, name and version
PINNED = "tonefit:pinned"  # set: versions that stay however old they are, as JSON
CLOSED = "tonefit:jobs:closed"  # string: that no new training is taken in

SECRET = "tonefit:secret"  # string: what pseudonyms are keyed with, made once
UNNOTED_CHATS = "tonefit:whereabouts:unnoted"  # sorted set with a TTL: chats of before these were noted
MOOD_CHATS = "tonefit:mood:chats"  # sorted set: chats whose messages are counted, by their last day

API_KEYS = "tonefit:api:keys"  # hash: a key's id to what it may and the digest of its secret, as JSON


def models(owner: str) -> str:
    """Hash of a chat's models: name to JSON."""
    return f"tonefit:models:{owner}"


def live(owner: str) -> str:
    """Hash of what a chat's models serve: name to version."""
    return f"tonefit:live:{owner}"


def training(owner: str) -> str:
    """Hash of what is being trained in a chat: name to the job's id."""
    return f"tonefit:training:{owner}"


def example_sets(owner: str) -> str:
    """Hash of a chat's sets of taught examples: name of the model to the set's id."""
    return f"tonefit:examples:{owner}"


def examples(set_id: str) -> str:
    """Hash of taught examples: digest to JSON."""
    return f"tonefit:examples:set:{set_id}"


def label_counts(set_id: str) -> str:
    """Hash of how many examples a label has."""
    return f"tonefit:examples:set:{set_id}:counts"


def taught(person: int) -> str:
    """Set of where a person taught examples: owner and model as JSON."""
    return f"tonefit:taught:{person}"


def teachers(set_id: str) -> str:
    """Set of the people who taught examples of a set."""
    return f"tonefit:examples:set:{set_id}:teachers"


def parts(set_id: str) -> str:
    """Hash of what trainings did with a text: its digest to `held` (only judged by) or `learned`."""
    return f"tonefit:examples:set:{set_id}:parts"


def batches(set_id: str) -> str:
    """Set of the batches that can still be undone."""
    return f"tonefit:examples:set:{set_id}:batches"


def batch(set_id: str, batch_id: str) -> str:
    """Hash with a TTL: the digests that one batch added, each with its label."""
    return f"tonefit:examples:set:{set_id}:batch:{batch_id}"


def job(job_id: str) -> str:
    """Hash with a TTL: everything known of a job."""
    return f"tonefit:job:{job_id}"


def jobs(owner: str) -> str:
    """Sorted set of a chat's latest jobs, by time."""
    return f"tonefit:jobs:{owner}"


def verdicts(owner: str, result_id: str) -> str:
    """Hash with a TTL: a person's id to what they thought of an answer."""
    return f"tonefit:verdicts:{owner}:{result_id}"


def verdict_counts(owner: str) -> str:
    """Hash of a chat's counts of Right and Wrong: model, version, label and verdict as JSON, to the count."""
    return f"tonefit:verdicts:{owner}"


def pool(owner: str, person: int) -> str:
    """Hash with a TTL: the texts that a person labels one by one, and how far that is, by model."""
    return f"tonefit:pool:{owner}:{person}"


def kept_text(owner: str, result_id: str) -> str:
    """String with a TTL: the text of a result and who sent it, as JSON."""
    return f"tonefit:text:{owner}:{result_id}"


def answered(owner: str, message_id: int) -> str:
    """String with a TTL: the id of the result that a message of ours told."""
    return f"tonefit:answered:{owner}:{message_id}"


def kept_texts(person: int) -> str:
    """Sorted set with a TTL: where a person's texts are kept, by time."""
    return f"tonefit:texts:{person}"


def overheard_texts(owner: str) -> str:
    """Sorted set with a TTL: a chat's kept texts that nobody asked about, by time."""
    return f"tonefit:texts:overheard:{owner}"


def trained(person: int, day: int) -> str:
    """String with a TTL: the seconds that a person's trainings ran on a day since 1970."""
    return f"tonefit:trained:{person}:{day}"


def share(token: str) -> str:
    """String with a TTL: owner, name and time of making of a model that somebody shares, as JSON."""
    return f"tonefit:share:{token}"


def mood(chat: int, topic: int, day: int) -> str:
    """Hash with a TTL: how many messages of a day had a tone, by hour and label."""
    return f"tonefit:mood:{chat}:{topic}:{day}"


def mood_people(chat: int, topic: int, day: int) -> str:
    """Hash with a TTL: the pseudonym of each who wrote on a day to the hours in which, a bit for each."""
    return f"tonefit:mood:people:{chat}:{topic}:{day}"


def mood_days(chat: int) -> str:
    """Sorted set with a TTL: the topics and days of a chat in which something was counted, by day."""
    return f"tonefit:mood:days:{chat}"


def tags(chat: int, hour: int) -> str:
    """Hash with a TTL: the tone that each message of an hour got, so that an edit moves it."""
    return f"tonefit:tags:{chat}:{hour}"


def whereabouts(who: str) -> str:
    """Sorted set with a TTL: the chats in which a pseudonym that belongs to no chat was seen, by when."""
    return f"tonefit:whereabouts:{who}"


def posts(channel: int) -> str:
    """Sorted set with a TTL: a channel's posts by time."""
    return f"tonefit:posts:{channel}"


def post(channel: int, message_id: int) -> str:
    """Hash with a TTL: the tone of a post, its reactions, and how many comments had a tone."""
    return f"tonefit:post:{channel}:{message_id}"


def post_people(channel: int, message_id: int) -> str:
    """Set with a TTL: the pseudonyms of who commented a post."""
    return f"tonefit:post:people:{channel}:{message_id}"


def thread(group: int, message_id: int) -> str:
    """String with a TTL: the channel and post that are commented below a message of the linked group."""
    return f"tonefit:thread:{group}:{message_id}"


def opted_out(person: int) -> str:
    """Set of the chats that a person is left out of, 0 for all."""
    return f"tonefit:optout:{person}"


def heard(chat: int, message_id: int) -> str:
    """String with a TTL: a member's message and who wrote it, as JSON, where a chat learns from reactions."""
    return f"tonefit:heard:{chat}:{message_id}"


def heard_messages(chat: int) -> str:
    """Sorted set with a TTL: a chat's kept messages, by time."""
    return f"tonefit:heard:messages:{chat}"


def heard_from(chat: int, who: str) -> str:
    """Sorted set with a TTL: the kept messages of a pseudonym, by time."""
    return f"tonefit:heard:from:{chat}:{who}"


def votes(chat: int, message_id: int) -> str:
    """Hash with a TTL: the pseudonym of each who reacted to a message, to the label that this stands for."""
    return f"tonefit:votes:{chat}:{message_id}"


def voted(chat: int, who: str) -> str:
    """Sorted set with a TTL: the messages that a pseudonym labelled, by time."""
    return f"tonefit:voted:{chat}:{who}"


def learnt(chat: int, message_id: int) -> str:
    """String with a TTL: the example that a message became by reactions, as JSON."""
    return f"tonefit:learnt:{chat}:{message_id}"


def learnt_from(chat: int, who: str) -> str:
    """Set with a TTL: the messages of a pseudonym that became examples by reactions."""
    return f"tonefit:learnt:from:{chat}:{who}"


def ops_link(digest: str) -> str:
    """String with a TTL: that a link to the operators' page can be opened, by its code's digest."""
    return f"tonefit:ops:link:{digest}"


def ops_session(digest: str) -> str:
    """String with a TTL: whose an open operators' page is, by the digest of its token."""
    return f"tonefit:ops:session:{digest}"


def api_used(key_id: str) -> str:
    """String with a TTL: how often a key of the HTTP API asked in this minute."""
    return f"tonefit:api:used:{key_id}"


def as_text(value: bytes | str) -> str:
    """Read an answer of Redis from a client that decodes and from one that does not."""
    return value.decode() if isinstance(value, bytes) else value
