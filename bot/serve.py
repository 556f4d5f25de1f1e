"""Serves a trained model to the front: `python -m bot.serve --model … --port … --credentials … --endpoints …`.

What `rasa run` does, without the imports that only Rasa's other commands need, and without TensorFlow where the
model can do without. `rasa run` with the same arguments serves the same.
"""

import argparse
import logging
import os
import sys
import tarfile
from pathlib import Path

from bot import without_tensorflow


def read_arguments() -> argparse.Namespace:
    """The command line; all of it is needed."""
    parser = argparse.ArgumentParser(prog="python -m bot.serve", description="Serves a trained model.")
    parser.add_argument("--model", type=Path, required=True, help="trained archive")
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1")
    parser.add_argument("--credentials", type=Path, required=True, help="names the internal channel and its token")
    parser.add_argument("--endpoints", type=Path, required=True, help="action server and tracker store")
    return parser.parse_args()


def serve(arguments: argparse.Namespace) -> None:
    """Blocks until SIGTERM or SIGINT."""
    from rasa.core.run import serve_application
    from rasa.core.utils import AvailableEndpoints
    from rasa.utils.common import configure_logging_and_warnings
    from rasa.utils.io import configure_colored_logging
    from rasa.utils.log_utils import configure_structlog

    configure_logging_and_warnings(logging.INFO, None, warn_only_once=True, filter_repeated_logs=True)
    configure_colored_logging("INFO")
    configure_structlog(logging.INFO)
    serve_application(
        model_path=str(arguments.model),
        interface="127.0.0.1",
        port=arguments.port,
        credentials=str(arguments.credentials),
        endpoints=AvailableEndpoints.read_endpoints(str(arguments.endpoints)),
        enable_api=False,
    )


def main() -> None:
    """Status 1 and one line when the model cannot be read."""
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    arguments = read_arguments()
    try:
        if not without_tensorflow.needs_tensorflow(arguments.model):
            without_tensorflow.install()
    except (OSError, tarfile.TarError) as error:
        sys.exit(f"{arguments.model} is no trained model: {error}")
    serve(arguments)


if __name__ == "__main__":
    main()
