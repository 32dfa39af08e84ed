"""The process behind `llama_server`: serves one GGUF file until its owner's end of the pipe closes; knows no client.

Run as `python -m agents.served.llama WEIGHTS NAME PORT THREADS CONTEXT`. The one importer of `xllamacpp`.
"""

import sys
from importlib import import_module
from typing import Any

_PROMPT_CACHE_MIB = 256  # the default would take 8 GiB


def main(weights: str, name: str, port: str, threads: str, context: str) -> None:
    """Serve on the loopback, one request at a time, until standard input ends."""
    llama: Any = import_module("xllamacpp")  # a compiled module without types
    parameters = llama.CommonParams()
    parameters.model.path = weights
    parameters.model_alias = {name}
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = int(port)
    parameters.n_ctx = int(context)
    parameters.n_parallel = 1
    parameters.cache_ram_mib = _PROMPT_CACHE_MIB
    parameters.cpuparams.n_threads = int(threads)
    parameters.cpuparams_batch.n_threads = int(threads)
    server = llama.Server(parameters)
    sys.stdin.read()
    del server


if __name__ == "__main__":
    main(*sys.argv[1:])
