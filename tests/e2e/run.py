"""Runs the end-to-end tests: every function test_* of every tests/e2e/test_*.py (soak_* too with --soak). Prints `ok NAME`,
`FAIL NAME` or `skip NAME reason`, one line each; exit 1 when one failed."""
import argparse
import importlib
import os
import sys
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from harness import Context, Skip  # noqa: E402


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--only", default="", help="run tests whose name contains this")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="printed with each failure")
    parser.add_argument("--soak", action="store_true", help="run only the long tests")
    parser.add_argument("--keep", action="store_true", help="keep the scratch directory of failed tests")
    options = parser.parse_args()
    binary = os.path.abspath(options.binary)
    here = os.path.dirname(os.path.abspath(__file__))
    failed = 0
    for file in sorted(os.listdir(here)):
        if not (file.startswith("test_") and file.endswith(".py")):
            continue
        module = importlib.import_module(file[:-3])
        prefix = "soak_" if options.soak else "test_"
        for name in [n for n in vars(module) if n.startswith(prefix)]:
            full = f"{file[5:-3]}.{name[len(prefix):]}"
            if options.only not in full:
                continue
            failed += run_one(getattr(module, name), full, binary, options)
    return 1 if failed else 0


def run_one(function, name, binary, options):
    context = Context(binary, name.replace(".", "-"), options.seed, options.keep)
    began = time.monotonic()
    bad = False
    try:
        note = function(context)
        print(f"ok {name} ({time.monotonic() - began:.1f} s){' ' + note if note else ''}", flush=True)
    except Skip as reason:
        print(f"skip {name} {reason}", flush=True)
    except Exception as error:  # noqa: BLE001: the test's failure, whatever it is
        bad = True
        print(f"FAIL {name} seed={options.seed}: {error}", flush=True)
        for line in traceback.format_exc().splitlines()[-12:]:
            print("  " + line, flush=True)
    finally:
        context.close(bad)
    return 1 if bad else 0


sys.exit(main())
