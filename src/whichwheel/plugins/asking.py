"""Ask a plugin in a child process, in an environment of its own and with limits."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from whichwheel.plugins.answers import LARGEST_ANSWER, Answer, read_answer
from whichwheel.plugins.errors import ProviderFailed
from whichwheel.plugins.installing import PluginEnvironment
from whichwheel.plugins.surroundings import child_environment
from whichwheel.plugins.trust import PLUGIN_API
from whichwheel.target.detection.child import ChildFailed, run_child

__all__ = ["ASKING_LIMIT", "ask_child", "ask_plugin"]

#: Seconds that one answer may take, the start of the process included.
ASKING_LIMIT = 10.0


def ask_plugin(  # noqa: PLR0913 -- what is asked, where, and under which limits
    environment: PluginEnvironment,
    apis: Sequence[str],
    *,
    package: str,
    provider: str,
    environ: Mapping[str, str],
    limit: float = ASKING_LIMIT,
) -> Answer:
    """Ask a plugin for what this machine supports.

    :param apis: object references; the first that is a plugin is asked
    :param package: whose entry points name the plugin if none of them is; empty for no package
    :param provider: its name, for messages
    :param environ: the user's environment variables, of which it sees very few
    :raises ProviderFailed: if there is no such plugin, or it gives no usable answer
    """
    for api in apis:
        if not PLUGIN_API.fullmatch(api):
            why = f"its plugin API is `{api}`, expected the form `module:object`"
            raise ProviderFailed(provider, why)
    script = Path(__file__).with_name("plugin_child.py")
    # Isolated, in UTF-8, and without writing bytecode: its environment stays as it is.
    command = [str(environment.executable), "-I", "-B", "-X", "utf8", str(script)]
    request = {
        "apis": list(apis),
        "package": package,
        "folders": [str(folder) for folder in environment.site_folders],
    }
    data = ask_child(command, request, provider=provider, environ=environ, limit=limit)
    return read_answer(data, provider)


def ask_child(
    command: Sequence[str],
    request: Mapping[str, object],
    *,
    provider: str,
    environ: Mapping[str, str],
    limit: float,
) -> bytes:
    """Run code of others, in an empty folder, and return what it answers.

    :param provider: its name, for messages
    :raises ProviderFailed: if it fails or runs into a limit
    """
    with TemporaryDirectory(prefix="whichwheel-", ignore_cleanup_errors=True) as folder:
        try:
            return run_child(
                command,
                limit=limit,
                environ=child_environment(environ),
                request=json.dumps(request).encode() + b"\n",
                folder=Path(folder),
                largest=LARGEST_ANSWER,
            )
        except ChildFailed as error:
            raise ProviderFailed(provider, error.why) from None
