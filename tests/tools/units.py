#!/usr/bin/python3
# SPDX-License-Identifier: ISC
# units.py FILE... - run service units as systemd does: each in its directory,
# with a NOTIFY_SOCKET whose words count from the main process only. Says
# "ready" when all have said so. One that dies is started again after RestartSec,
# and "ready again" when it has said so. HUP runs every ExecReload; TERM ends them
# with TERM to the main process (KillMode=mixed) and says how each has ended.
import os, re, select, shlex, signal, socket, struct, subprocess, sys, time


def unit(path):
    found = {}
    for line in open(path):
        key, mark, value = line.strip().partition('=')
        if mark:
            found[key] = value
    assert found['Type'] == 'notify' and found['KillMode'] == 'mixed', path
    assert not set(re.findall('[%$"\\\\]', found['ExecStart'])), path
    found['name'] = os.path.basename(path)
    return found


def listen(u, where):
    u['socket'] = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    u['socket'].setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    if os.path.exists(where):
        os.unlink(where)
    # systemd's is root's, and anybody may write to it
    u['socket'].bind(where)
    os.chmod(where, 0o777)
    u['where'] = where


def start(u):
    u['process'] = subprocess.Popen(
        shlex.split(u['ExecStart']), cwd=u['WorkingDirectory'],
        env={'PATH': '/usr/bin:/bin', 'NOTIFY_SOCKET': u['where']})


def hears(u, word, limit):
    until = time.monotonic() + limit
    while time.monotonic() < until:
        if not select.select([u['socket']], [], [], 0.1)[0]:
            if u['process'].poll() is not None:
                return False
            continue
        text, more, _, _ = u['socket'].recvmsg(4096, 256)
        pid = struct.unpack('3i', more[0][2])[0]
        if pid == u['process'].pid and word in text.decode().split('\n'):
            return True
    return False


def stop(signum, frame):
    for u in reversed(units):
        u['process'].send_signal(signal.SIGTERM)
    for u in units:
        try:
            status = u['process'].wait(float(u['TimeoutStopSec']))
        except subprocess.TimeoutExpired:
            u['process'].kill()
            status = 'late'
        print('ended', u['name'], status, flush=True)
    sys.exit(0)


def reload(signum, frame):
    for u in units:
        subprocess.run(shlex.split(u['ExecReload']
                                   .replace('$MAINPID', str(u['process'].pid))))


units = [unit(path) for path in sys.argv[1:]]
for n, u in enumerate(units):
    listen(u, os.path.join(os.path.dirname(sys.argv[1]), 'notify%d' % n))
    start(u)
signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGHUP, reload)
if all([hears(u, 'READY=1', 20) for u in units]):
    print('ready', flush=True)
else:
    print('not ready', flush=True)
while True:
    time.sleep(0.1)
    for u in units:
        if u['process'].poll() is None:
            continue
        assert u['Restart'] == 'always'
        if str(u['process'].poll()) == u['RestartPreventExitStatus']:
            continue
        time.sleep(float(u['RestartSec']))
        start(u)
        print('ready again' if hears(u, 'READY=1', 20) else 'not ready',
              u['name'], flush=True)
