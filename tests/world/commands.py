"""The commands that there are, as the command line itself has them."""

import typer.main

from dj_cadence.entrypoints.cli.app import app


def _commands() -> dict[str, list[str]]:
    """Every command with its long options."""
    found = {}
    top = typer.main.get_command(app)
    for name, command in top.commands.items():  # type: ignore[attr-defined]
        for below, each in getattr(command, "commands", {"": command}).items():
            options = [opt for param in each.params for opt in param.opts if opt.startswith("--")]
            found[f"{name} {below}".strip()] = [opt for opt in options if opt != "--help"]
    return found


COMMANDS = _commands()
