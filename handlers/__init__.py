"""The table of commands: every line is one thing that people can do, and the handler that answers it."""

from __future__ import annotations

from handlers import basics, classify, fit, fit_words, models, sentiment, teach, train, uploads
from handlers.context import Command
from handlers.routing import Table
from handlers.texts import N_

COMMANDS = (
    Command("start", basics.start, N_("what I can do")),
    Command("sentiment", sentiment.sentiment, N_("the tone of a text"), N_("/sentiment What a lovely surprise, thank you!"), ("s",), ("情感",), again=True),
    Command("classify", classify.classify, N_("label a text or a CSV with a classifier of yours"), N_("/classify spam Win a free cruise now"), ("c",), ("分类",)),
    Command("fit", fit.fit, N_("fit a curve to points"), N_("/fit 1,2 2,4.1 3,5.9\n/fit poly2 ci=90 1,1 2,4 3,9.1 4,16"), (), ("拟合",), fit_words.OPTIONS, again=True),
    Command("predict", fit.predict, N_("a value of the last fit"), N_("/predict x=10"), (), ("预测",)),
    Command("new", models.new, N_("make a classifier with labels of your own"), N_("/new spam junk fine"), (), ("新建",)),
    Command("teach", teach.teach, N_("give a classifier examples"), N_("/teach spam\njunk: Win a free cruise now\nfine: See you at six"), (), ("教",)),
    Command("train", train.train, N_("train a classifier on its examples"), N_("/train spam"), (), ("训练",), train.OPTION_LINES),
    Command("models", models.models, N_("your classifiers"), N_("/models spam"), (), ("模型",)),
    Command("jobs", train.jobs, N_("trainings that wait or run"), "", (), ("任务",)),
    Command("cancel", train.cancel, N_("stop a training, or close my question"), "", (), ("取消",)),
    Command("lang", basics.lang, N_("English or 简体中文"), "", (), ("语言",)),
    Command("help", basics.show_help, N_("this list, or more about one command"), N_("/help fit"), (), ("帮助",)),
)  # fmt: skip

TABLE = Table(
    commands=COMMANDS,
    buttons={
        "try": basics.try_example,
        "lang": basics.press_language,
        "ask": basics.press_cancel,
        "fit": fit.press,
        "new": models.press_new,
        "model": models.press,
        "use": models.press_use,
        "teach": teach.press,
        "train": train.press,
        "job": train.press_job,
        "upload": uploads.press,
        "classify": classify.press,
        "right": classify.right,
        "wrong": classify.wrong,
    },
    questions={
        "new": models.answer_new,
        "teach": teach.answer,
        "predict": fit.predict,
        "classify": classify.answer,
    },
    plain=basics.plain,
    upload=uploads.offer,
    other=basics.other,
    unknown=basics.unknown,
    not_asked=basics.not_asked,
)
