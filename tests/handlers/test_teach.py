"""`/teach` in a chat: one by one, pasted, as a file, and taken back."""

from dataclasses import replace

import pytest

from handlers.messages import Quoted
from handlers.model_names import model_key
from handlers.teach import answer, press, teach
from ml.quotas import Quotas
from ml.samples import Sample
from tests.handlers.conftest import Talk, labels_of, make_model, teach_enough

KEY = model_key("spam")


async def counts(talk: Talk, name: str = "spam") -> dict[str, int]:
    return await talk.services.examples.counts(talk.owner, name)


@pytest.fixture
async def taught(talk: Talk) -> Talk:
    await make_model(talk)
    return talk


async def test_without_a_model_it_says_how_to_make_one(talk: Talk) -> None:
    said = await talk.say(teach, "spam junk win now")
    assert said.text.endswith("/new spam junk fine")
    assert labels_of(said) == ["New model"]


async def test_one_example_is_taken_in_and_counted(taught: Talk) -> None:
    said = await taught.say(teach, "spam junk win now")
    assert said.text == (
        "Taken in: 1 new example.\n"
        "spam: junk 1 · fine 0 – 1 in all\n"
        "Still missing until /train: junk 7, fine 8"
    )
    assert labels_of(said) == ["Undo", "Teach more"]
    assert await taught.services.examples.read(taught.owner, "spam") == [Sample("win now", "junk")]


async def test_pasted_lines_are_taken_in_and_duplicates_folded(taught: Talk) -> None:
    await taught.say(teach, "spam\njunk: win now\nfine: see you")
    said = await taught.say(teach, "spam\njunk: win now\nfine： come at six")
    assert said.text.startswith("Taken in: 1 new example. 1 was there already.\n")
    assert await counts(taught) == {"fine": 2, "junk": 1}


async def test_a_line_that_cannot_be_read_is_named_and_the_rest_taken(taught: Talk) -> None:
    said = await taught.say(teach, "spam\njunk: win now\nwhat is this\nfine: see you")
    assert (
        "1 row could not be read and was left out:\n· row 2: what is this (no label of this model)"
        in said.text
    )
    assert await counts(taught) == {"fine": 1, "junk": 1}


async def test_the_only_model_may_go_unnamed(taught: Talk) -> None:
    await taught.say(teach, "junk win now")
    assert await counts(taught) == {"junk": 1}


async def test_a_file_with_a_caption_teaches(taught: Talk) -> None:
    document = taught.upload(b"label,text\njunk,win now\nfine,see you\nother,what\n", "x.csv")
    said = await taught.say(teach, "spam", document=document)
    assert said.text.startswith(
        "Taken in: 2 new examples.\n1 row could not be read and was left out:\n· row 4: other"
    )
    assert await counts(taught) == {"fine": 1, "junk": 1}


async def test_a_file_replied_to_teaches(taught: Talk) -> None:
    document = taught.upload(b"junk\twin now\n", "x.tsv")
    await taught.say(teach, "spam", quoted=Quoted(5, document=document))
    assert await counts(taught) == {"junk": 1}


async def test_a_file_of_texts_gets_the_label_that_is_named(taught: Talk) -> None:
    document = taught.upload(b"win now\nclick here\n", "x.txt")
    await taught.say(teach, "spam junk", document=document)
    assert await counts(taught) == {"junk": 2}
    said = await taught.say(teach, "spam jukn", document=document)
    assert said.text == "That is no label of “spam”. It has: junk, fine."


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "This file is empty."),
        (b"\x89PNG\r\n\x1a\n\x00\x01", "This file holds no text."),
        (
            b"a,b\nc,d\n",
            "No column of this file holds a label of the model (junk, fine). Row 1 holds: a b.",
        ),
    ],
)
async def test_a_file_that_teaches_nothing_says_why(taught: Talk, content: bytes, sentence: str) -> None:
    said = await taught.say(teach, "spam", document=taught.upload(content, "x.csv"))
    assert said.text.startswith(sentence)
    assert await counts(taught) == {}


async def test_a_reply_with_a_label_teaches_what_it_replies_to(taught: Talk) -> None:
    await taught.say(teach, "spam junk", quoted=Quoted(5, "win a cruise"))
    assert await taught.services.examples.read(taught.owner, "spam") == [Sample("win a cruise", "junk")]


async def test_an_unknown_label_is_asked_for_by_buttons(taught: Talk) -> None:
    said = await taught.say(teach, "spam jnuk win now")
    assert said.text == "“spam” has no label “jnuk”.\nWhich label does this text have?\n“win now”"
    assert labels_of(said) == ["junk", "fine", "Cancel"]
    done = await taught.press_labelled(press, "junk")
    assert done.text.startswith("Taken in: 1 new example.")
    assert taught.outbox.order[-1][0] == "edit"
    assert await taught.services.examples.read(taught.owner, "spam") == [Sample("win now", "junk")]


async def test_a_text_without_a_label_gets_it_by_words(taught: Talk) -> None:
    await taught.say(teach, "spam", quoted=Quoted(5, "win a cruise"))
    said = await taught.say(answer, "nonsense")
    assert said.text.startswith("“spam” has no label “nonsense”.")
    await taught.say(answer, "Junk")
    assert await counts(taught) == {"junk": 1}
    assert taught.session.question is None


async def test_an_old_question_does_not_take_a_newer_draft(taught: Talk) -> None:
    await taught.say(teach, "spam first text")
    old = taught.outbox.order[-1][1]
    await taught.say(teach, "spam second text")
    said = await taught.press(press, f"teach:{KEY}:0", on=old)
    assert said.text == "This question is closed. Please send the command again."
    assert await counts(taught) == {}


async def test_the_model_is_asked_for_and_the_draft_waits(taught: Talk) -> None:
    await make_model(taught, "mood", ("happy", "sad"))
    said = await taught.say(teach, "junk win now")
    assert said.text == "Which model shall learn this?"
    assert set(labels_of(said)) == {"spam", "mood"}
    done = await taught.press_labelled(press, "spam")
    assert done.text.startswith("Taken in: 1 new example.")
    assert await counts(taught) == {"junk": 1}


async def test_with_several_models_teach_alone_shows_an_example_and_the_models(taught: Talk) -> None:
    await make_model(taught, "mood", ("happy", "sad"))
    said = await taught.say(teach)
    assert said.text.startswith("Which model shall learn something? In one go it is, for example:\n/teach ")
    asked = await taught.press_labelled(press, "mood")
    assert labels_of(asked)[:2] == ["happy", "sad"]


async def test_a_misspelt_model_is_guessed_and_the_draft_waits(taught: Talk) -> None:
    await make_model(taught, "mood", ("happy", "sad"))
    said = await taught.say(teach, "spma junk win now")
    assert said.text == "There is no model “spma” here. Did you mean one of these?"
    await taught.press_labelled(press, "spam")
    assert await taught.services.examples.read(taught.owner, "spam") == [Sample("win now", "junk")]


async def test_the_model_can_be_named_in_words_too(taught: Talk) -> None:
    await make_model(taught, "mood", ("happy", "sad"))
    await taught.say(teach, "", document=taught.upload(b"sad,it rains\n", "x.csv"))
    await taught.say(answer, "Mood")
    assert await counts(taught, "mood") == {"sad": 1}


async def test_the_model_alone_shows_the_form_and_the_labels(taught: Talk) -> None:
    said = await taught.say(teach, "spam")
    assert "junk: an example text\nfine: another one" in said.text
    assert labels_of(said) == ["junk", "fine", "Cancel"]
    await taught.say(answer, "junk: win now\nfine: see you")
    assert await counts(taught) == {"fine": 1, "junk": 1}


async def test_a_label_alone_takes_text_after_text_until_done(taught: Talk) -> None:
    await taught.say(teach, "spam")
    said = await taught.press_labelled(press, "junk")
    assert said.text == "spam: Send the next text for “junk”, or press Done."
    await taught.say(answer, "click here")
    said = await taught.say(answer, "fine day to win")
    assert said.text.endswith("Send the next text for “junk”, or press Done.")
    assert await counts(taught) == {"junk": 2}
    await taught.say(answer, "fine: see you")
    assert await counts(taught) == {"fine": 1, "junk": 2}
    done = await taught.press_labelled(press, "Done")
    assert done.text.startswith("spam: junk 2 · fine 1 – 3 in all")
    assert taught.session.question is None


async def test_undo_takes_back_one_lesson_and_no_more(taught: Talk) -> None:
    await taught.say(teach, "spam junk win now")
    await taught.say(teach, "spam\njunk: win now\njunk: click here\nfine: see you")
    said = await taught.press_labelled(press, "Undo")
    assert said.text.startswith("Taken back: 2 examples.\nspam: junk 1 · fine 0 – 1 in all")
    assert await counts(taught) == {"junk": 1}


async def test_undo_twice_says_that_nothing_is_left(taught: Talk) -> None:
    await taught.say(teach, "spam junk win now")
    undo = taught.outbox.last.buttons[0][0].data
    await taught.press(press, str(undo))
    said = await taught.press(press, str(undo))
    assert said.text.startswith("There is nothing left to take back.")


async def test_enough_examples_bring_the_train_button(taught: Talk) -> None:
    await teach_enough(taught)
    said = await taught.say(teach, "spam junk one more")
    assert said.text.endswith("That is enough for /train spam.")
    assert labels_of(said) == ["Undo", "Train"]


async def test_more_than_a_model_holds_is_refused(taught: Talk) -> None:
    taught.services = replace(taught.services, quotas=Quotas(examples=2, models=9, minutes=9))
    said = await taught.say(teach, "spam\njunk: one\njunk: two\nfine: three")
    assert said.text == "“spam” has 0 examples, these are 3, and a model holds up to 2. Send fewer."
    assert await counts(taught) == {}


async def test_5000_characters_are_refused_in_a_sentence(taught: Talk) -> None:
    said = await taught.say(teach, "spam junk " + "x" * 5000)
    assert said.text == "This text has 5,000 characters, and an example has up to 2,000. Send a shorter part."


async def test_emoji_alone_are_an_example_too(taught: Talk) -> None:
    await taught.say(teach, "spam junk 🤑🤑")
    assert await counts(taught) == {"junk": 1}


async def test_a_reply_to_a_sticker_asks_for_examples(taught: Talk) -> None:
    said = await taught.say(teach, "spam junk", quoted=Quoted(5, ""))
    assert said.text == "spam: Send the next text for “junk”, or press Done."


async def test_our_own_words_are_no_example(taught: Talk) -> None:
    said = await taught.say(teach, "spam junk", quoted=Quoted(5, "Which label?", from_bot=True))
    assert said.text.startswith("spam: Send the next text")
    assert await counts(taught) == {}


async def test_in_a_group_the_questions_ask_for_a_reply(group: Talk) -> None:
    await make_model(group)
    said = await group.say(teach, "spam")
    assert "Reply to this message" in said.text


async def test_a_model_that_was_deleted_meanwhile_ends_the_question(taught: Talk) -> None:
    await make_model(taught, "mood", ("happy", "sad"))
    await taught.say(teach, "spam")
    await taught.services.registry.delete(taught.owner, "spam")
    said = await taught.say(answer, "junk: win now")
    assert said.text == "This model is not here any more. /models shows what there is."
    assert taught.session.question is None
