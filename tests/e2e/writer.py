"""An application that numbers its lines: `writer.py FILE FIRST_NUMBER CONTROL_DIR LINES_PER_SECOND`.

SIGHUP reopens the file, as logrotate's postrotate asks. While CONTROL_DIR/pause exists nothing is written and
CONTROL_DIR/paused exists (for copytruncate, which destroys what is written between its copy and its truncate). SIGTERM
ends it after a whole line; CONTROL_DIR/last then holds the last number. CONTROL_DIR/times has a line for each few lines
written: the first number and, in ns, the time after the last of them was written."""
import os
import signal
import sys
import time

path, first, control, rate = sys.argv[1], int(sys.argv[2]), sys.argv[3], float(sys.argv[4])
reopen = stop = False


def on_hup(*_):
    global reopen
    reopen = True


def on_term(*_):
    global stop
    stop = True


signal.signal(signal.SIGHUP, on_hup)
signal.signal(signal.SIGTERM, on_term)
file = open(path, "ab", buffering=0)
pause, paused = os.path.join(control, "pause"), os.path.join(control, "paused")
number = first
began, base = time.monotonic(), first
times = open(os.path.join(control, "times"), "a")
while not stop:
    if os.path.exists(pause):
        open(paused, "w").close()
        while os.path.exists(pause) and not stop:
            time.sleep(0.002)
        os.remove(paused)
        began, base = time.monotonic(), number
        continue
    if reopen:
        reopen = False
        file.close()
        file = open(path, "ab", buffering=0)
    due = base + int((time.monotonic() - began) * rate)
    before = number
    for _ in range(min(due - number, 50)):
        now = time.time_ns()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now // 10**9))
        file.write(f"{stamp}.{now // 1000 % 10**6:06d}Z n={number} worker did something with item {number * 7919 % 100003}\n".encode())
        number += 1
    if number > before:
        times.write(f"{before} {time.time_ns()}\n")
    time.sleep(0.005)
times.close()
with open(os.path.join(control, "last"), "w") as last:
    last.write(str(number - 1))
