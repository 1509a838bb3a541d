"""One process, one Python package, one encoding: what node_process.ts is for npm packages.

The job is the only argument, as job.ts describes it; each line printed is one thing said.
"""

import ctypes
import json
import os
import resource
import sys
import time

MEBIBYTE = 1 << 20
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def load_tiktoken(encoding, vocabularies):
    import tiktoken
    import tiktoken.load
    from tiktoken_ext import openai_public

    # It would ask the network for the file that lies here.
    path = os.path.join(vocabularies, encoding + ".tiktoken")
    openai_public.load_tiktoken_bpe = lambda *_, **__: tiktoken.load.load_tiktoken_bpe(path)
    encoder = tiktoken.get_encoding(encoding)
    return lambda text: len(encoder.encode_ordinary(text))


def load_fastokens(encoding, vocabularies):
    from fastokens import Tokenizer

    path = os.path.join(vocabularies, encoding + ".tiktoken")
    tokenizer = Tokenizer.from_tiktoken(path, encoding=encoding)
    # The call that builds no Python object for a token: identifiers of four bytes each.
    return lambda text: len(tokenizer.encode_batch_flat([text])[0]) // 4


def load_gigatoken(encoding, vocabularies):
    import gigatoken

    path = os.path.join(vocabularies, encoding + ".tiktoken")
    tokenizer = gigatoken.Tokenizer.from_tiktoken(path)
    return lambda text: len(tokenizer.encode(text))


def load_toktok(encoding, _vocabularies):
    import toktok

    return lambda text: toktok.batch_count([text], encoding, threads=1)[0]


def load_quicktok(encoding, _vocabularies):
    import quicktok

    return quicktok.get_encoding(encoding).count


# Whether it is given bytes, and how it is loaded.
ENGINES = {
    "PyPI tiktoken": (False, load_tiktoken),
    "fastokens": (False, load_fastokens),
    "gigatoken": (True, load_gigatoken),
    "toktok-rs": (False, load_toktok),
    "quicktok-v1": (False, load_quicktok),
}


def resident_mib():
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * PAGE_BYTES / MEBIBYTE


def say(**said):
    print(json.dumps(said), flush=True)


def prepared(data, takes_bytes):
    """The text as the engine takes it; a string with the UTF-8 form that it keeps of itself."""
    if takes_bytes:
        return data
    text = data.decode("utf-8", "replace")
    ctypes.pythonapi.PyUnicode_AsUTF8.argtypes = [ctypes.py_object]
    ctypes.pythonapi.PyUnicode_AsUTF8(text)
    return text


def run(task, count, takes_bytes, now):
    with open(task["path"], "rb") as file:
        data = file.read()
    pieces = data.split(b"\n") if task.get("lines") else [data]
    texts = [prepared(piece, takes_bytes) for piece in pieces]
    passes_ms = []
    tokens = 0
    for _ in range(task["passes"]):
        start = now()
        tokens = sum(count(text) for text in texts)
        passes_ms.append((now() - start) * 1000)
    say(kind="counted", name=task["name"], tokens=tokens, ms=passes_ms)


def main():
    job = json.loads(sys.argv[1])
    takes_bytes, load = ENGINES[job["engine"]]
    now = time.process_time if job["clock"] == "cpu" else time.perf_counter
    before_mib = resident_mib()
    start = now()
    count = load(job["encoding"], job["vocabularies"])
    count(prepared(b"hello", takes_bytes))
    start_ms = (now() - start) * 1000
    say(kind="ready", startMs=start_ms, addedMib=resident_mib() - before_mib)
    warm_up = dict(job["warmUp"], name="warm-up")
    with open(warm_up["path"], "rb") as file:
        text = prepared(file.read(), takes_bytes)
    for _ in range(warm_up["passes"]):
        count(text)
    for task in job["tasks"]:
        try:
            run(task, count, takes_bytes, now)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # A panic in Rust is no Exception.
            say(kind="failed", name=task["name"], why=str(error)[:200])
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before_mib
    say(kind="ended", addedMib=resident_mib() - before_mib, peakMib=peak_mib, linearBytes=None)


main()
