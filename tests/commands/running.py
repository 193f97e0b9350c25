"""Commands in this process."""

from typer.testing import CliRunner

from bloqs.cli import app

RUNNER = CliRunner()


def run(*args: object) -> tuple[int, str, str]:
    result = RUNNER.invoke(app, [str(arg) for arg in args])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr
