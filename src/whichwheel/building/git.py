"""What a commit of a git repository holds, through the ``git`` command."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from whichwheel.requirements.locations import public_url
from whichwheel.spec.errors import WhichwheelError
from whichwheel.spec.values import dataclass

__all__ = ["GitFailed", "GitRepository"]

#: The longest that one command may take, in seconds: some repositories are large.
_LIMIT = 1800
_SHOWN_LINES = 10
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_SAYS = re.compile(r"^(?:fatal|error): ")
_ABBREVIATED = re.compile(r"[0-9a-f]{4,64}")
#: What a hook or an alias of git, from which we may be run, says of its own repository.
_ITS_OWN = re.compile(
    r"GIT_(?:DIR|WORK_TREE|INDEX_FILE|PREFIX|NAMESPACE|COMMON_DIR|OBJECT_DIRECTORY|"
    r"ALTERNATE_OBJECT_DIRECTORIES|QUARANTINE_PATH|CEILING_DIRECTORIES|TRACE.*)"
)


class GitFailed(WhichwheelError):
    """A repository cannot be had, or does not have what is wanted of it.

    :param url: without credentials
    :param why: what failed
    """

    def __init__(self, url: str, why: str, *, hint: str | None = None) -> None:
        super().__init__(f"cannot take `{url}`: {why}", hint=hint)
        self.url = url
        self.why = why


@dataclass(frozen=True, slots=True)
class GitRepository:
    """A repository that git can reach.

    No question is asked on a terminal, and nothing but git's own ways of transport is used.

    :param url: as git takes it, possibly with credentials, which are never shown
    :param on_output: told every line that git prints
    """

    url: str
    on_output: Callable[[str], None] | None = None

    @property
    def public(self) -> str:
        """The URL without credentials."""
        return public_url(self.url)

    def head(self) -> str:
        """Return the commit that the repository itself has as its head.

        :raises GitFailed: if the repository cannot be had, or is empty
        """
        head = self._named().get("HEAD")
        if head is None:
            raise GitFailed(self.public, "the repository has no commit that is its head")
        return head

    def resolve(self, revision: str) -> str | None:
        """Return the commit that a revision stands for now.

        Branches come before tags, as in a clone.

        :param revision: a branch, a tag, a full name below ``refs/``, or a whole commit
        :return: None if nothing has that name; then it may be the beginning of a commit
        :raises GitFailed: if the repository cannot be had, or surely has no such revision
        """
        if _COMMIT.fullmatch(revision):
            return revision
        known = self._named()
        for name in (
            f"refs/heads/{revision}",
            f"refs/tags/{revision}^{{}}",
            f"refs/tags/{revision}",
            f"{revision}^{{}}",
            revision,
            f"refs/{revision}",
        ):
            if name in known:
                return known[name]
        if _ABBREVIATED.fullmatch(revision):
            return None
        raise self._unknown(revision)

    def _named(self) -> dict[str, str]:
        """Return the commits that have names.

        :raises GitFailed: if the repository cannot be had
        """
        known: dict[str, str] = {}
        for line in self._run("ls-remote", "--quiet", "--", self.url).splitlines():
            commit, _, name = line.partition("\t")
            if _COMMIT.fullmatch(commit):
                known[name] = commit
        return known

    def check_out(self, commit: str, folder: Path) -> str:
        """Put what a commit holds into a folder, with its history and its submodules.

        Build backends look at the history to tell the version.

        :param commit: whole, or its beginning
        :param folder: where to put it; it does not exist
        :return: the whole commit
        :raises GitFailed: if it cannot be had
        """
        how = ("--quiet", "--no-checkout", "--filter=blob:none")
        self._run("clone", *how, "--", self.url, str(folder))
        whole = self._find(commit, folder)
        if whole is None:
            # What no branch and no tag has, as a proposed change, is fetched by itself.
            if _COMMIT.fullmatch(commit):
                self._run("fetch", "--quiet", "--", self.url, commit, within=folder)
            whole = self._find(commit, folder)
        if whole is None:
            raise self._unknown(commit)
        self._run("checkout", "--quiet", "--detach", whole, within=folder)
        if (folder / ".gitmodules").is_file():
            self._run("submodule", "update", "--init", "--recursive", "--quiet", within=folder)
        return whole

    def _find(self, commit: str, folder: Path) -> str | None:
        try:
            found = self._run(
                "rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}", within=folder
            )
        except GitFailed:
            return None
        return found.strip() if _COMMIT.fullmatch(found.strip()) else None

    def _unknown(self, revision: str) -> GitFailed:
        return GitFailed(
            self.public,
            f"it has no branch, tag or commit `{revision}`",
            hint="check what stands after the `@`",
        )

    def _run(self, *arguments: str, within: Path | None = None) -> str:
        """Run a command of git and return what it prints.

        :raises GitFailed: with the last lines that it printed
        """
        command = ["git", "-c", "protocol.ext.allow=never", "-c", "advice.detachedHead=false"]
        try:
            process = subprocess.Popen(  # noqa: S603 -- options and names are told apart by `--`
                [*command, *arguments],
                cwd=within,
                env=_environment(os.environ),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
                # Without a terminal, whoever git starts cannot ask for a password there either.
                start_new_session=sys.platform != "win32",
            )
        except FileNotFoundError:
            raise GitFailed(
                self.public,
                "there is no `git` command on this machine",
                hint="install git, or give an archive of the sources",
            ) from None
        except OSError as error:
            raise GitFailed(self.public, f"git cannot be run: {error.strerror or error}") from None
        try:
            printed, told = process.communicate(timeout=_LIMIT)
        except BaseException as error:
            _end(process)
            if isinstance(error, subprocess.TimeoutExpired):
                why = f"git took longer than {_LIMIT // 60} minutes"
                raise GitFailed(self.public, why) from None
            raise
        lines = [self._cleaned(line) for line in told.splitlines() if line.strip()]
        if self.on_output is not None:
            for line in lines:
                self.on_output(line)
        if process.returncode:
            shown = "".join(f"\n    {_SAYS.sub('', line)}" for line in lines[-_SHOWN_LINES:])
            raise GitFailed(
                self.public,
                f"git could not {_DOING.get(arguments[0], 'read it')}{shown}",
                hint="check the URL, and that git can reach it without asking for a password",
            )
        return printed

    def _cleaned(self, line: str) -> str:
        """Take the user's secrets out of what git says."""
        line = line.replace(self.url, self.public)
        user = urlsplit(self.url).netloc.rpartition("@")[0]
        for secret in (user, user.partition(":")[2]):
            if secret and secret != "git":  # noqa: S105 -- what services have as their one user
                line = line.replace(secret, "***")
        return line


_DOING = {
    "ls-remote": "list its branches and tags",
    "clone": "clone it",
    "fetch": "fetch the commit",
    "checkout": "check it out",
    "submodule": "fetch its submodules",
}


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in environ.items() if not _ITS_OWN.fullmatch(name)}
    return {
        **kept,
        "GIT_TERMINAL_PROMPT": "0",
        "GCM_INTERACTIVE": "never",
        "SSH_ASKPASS_REQUIRE": "never",
        "LC_ALL": "C.UTF-8" if os.name != "nt" else kept.get("LC_ALL", ""),
    }


def _end(process: "subprocess.Popen[str]") -> None:
    """End git and whoever it started."""
    if sys.platform != "win32":
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except OSError:
            process.kill()
    else:
        process.kill()
    process.wait()
