"""Draw in the browser, and see at every stroke what a network takes it for.

python examples/mnist/draw.py            # the model that comes with this repository
python examples/mnist/draw.py RUN        # a folder that train.py printed, or a model file
python examples/mnist/draw.py --browser  # open the page too
"""

from __future__ import annotations

import argparse
import sys
import webbrowser
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # so that an uninstalled clone works

from application.command_line import Parser
from application.config import OptionError
from application.outcome import run_command
from application.run import RunError
from application.server import ADDRESS, DrawingServer
from application.trained import DEFAULT, RUN_HELP, open_trained

STATUS = (
    "The page is for browsers on this machine only. Ctrl-C ends the program. The exit status is 0; 1 if the model "
    "cannot be read or the port not be had; 2 if an option is wrong."
)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options of a command line."""
    description = "Draw in the browser and see what a network takes it for."
    parser = Parser(prog="draw.py", description=description, epilog=STATUS, allow_abbrev=False)
    parser.add_argument(
        "run",
        metavar="RUN",
        nargs="?",
        default=DEFAULT,
        help=RUN_HELP,
    )
    parser.add_argument("--port", type=int, default=0, help="where the page is; by default where there is room")
    parser.add_argument("--browser", action="store_true", help="open the page in the browser")
    options = parser.parse_args(arguments)
    if not 0 <= options.port < 65536:
        raise OptionError(f"--port must be from 0 to 65535, not {options.port}")
    return options


def serve(options: argparse.Namespace) -> None:
    """Serve until the program is interrupted."""
    trained = open_trained(options.run)
    try:
        server = DrawingServer(trained, options.port)
    except OSError as error:
        raise RunError(f"--port {options.port} of {ADDRESS} cannot be had: {error.strerror}") from error
    with server, server.serving() as thread:
        try:
            print(f"[{trained.dataset_name}] {trained.config.network}: draw at {server.url} (Ctrl-C ends)", flush=True)
            if options.browser and not webbrowser.open(server.url):
                print("draw.py: there is no browser to open", file=sys.stderr)
            while thread.is_alive():
                thread.join(1)  # without an end to it, Windows would not let Ctrl-C interrupt it
        except KeyboardInterrupt:
            print()  # after the ^C that terminals show


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    return run_command("draw.py", lambda: serve(parse(arguments)))


if __name__ == "__main__":
    sys.exit(main())
