"""The command line: `tonefit demo | run | worker | classify | fit | train | evaluate | doctor | ...`."""

from __future__ import annotations

import typer

from bot.cli.backup import backup, restore
from bot.cli.classifier import classify, evaluate, train
from bot.cli.doctor import doctor
from bot.cli.fit import FitCommand, fit
from bot.cli.operators import api_key, ops_link
from bot.cli.processes import demo, migrate, run, worker

app = typer.Typer(
    name="tonefit",
    help="A Telegram bot that reads the tone of a chat, learns a group's own labels, and fits curves.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for command in (demo, run, worker, classify, train, evaluate, doctor, backup, restore, migrate, ops_link):
    app.command()(command)
app.command(cls=FitCommand)(fit)
app.add_typer(api_key, name="api-key")
