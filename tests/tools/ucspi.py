#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""ucspi.py HOW PORT CERT KEY COMMAND... - a super-server that runs COMMAND for
each client, on standard input and output, and does TLS for it. HOW is
  delayed   when asked for it on the control descriptor, as s6-ucspitlsd
  refusing  the same, but there is none when asked for
  silent    the same, but nothing comes of it
  first     before all, as s6-tlsd or sslserver"""
import os
import select
import socket
import ssl
import subprocess
import sys
import threading

how, port, cert, key, *command = sys.argv[1:]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(cert, key)


def facts(tls):
    return {"SSL_PROTOCOL": tls.version(), "SSL_CIPHER": tls.cipher()[0]}


def environment(client, **more):
    address = client.getpeername()
    return dict(os.environ, PROTO="TCP", TCPREMOTEIP=address[0],
                TCPREMOTEPORT=str(address[1]), **more)


def relay(tls, into, out):
    """Between the client and the program, until either ends."""
    tls.setblocking(False)
    while True:
        if not tls.pending():
            select.select([tls, out], [], [])
        try:
            octets = tls.recv(16384)
            if not octets:
                return
            into.sendall(octets)
        except ssl.SSLWantReadError:
            pass
        if select.select([out], [], [], 0)[0]:
            octets = out.recv(16384)
            if not octets:
                return
            tls.setblocking(True)
            tls.sendall(octets)
            tls.setblocking(False)


def first(client):
    tls = context.wrap_socket(client, server_side=True)
    ours, theirs = socket.socketpair()
    child = subprocess.Popen(command, stdin=theirs, stdout=theirs,
                             env=environment(tls, **facts(tls)))
    theirs.close()
    relay(tls, ours, ours)
    ours.close()
    child.wait()


def delayed(client):
    control, control_end = socket.socketpair()
    into, read_end = socket.socketpair()
    out, write_end = socket.socketpair()
    ends = [control_end, read_end, write_end]
    numbers = [str(e.fileno()) for e in ends]
    child = subprocess.Popen(
        command, stdin=client, stdout=client,
        pass_fds=[e.fileno() for e in ends],
        env=environment(client, SSLCTLFD=numbers[0], SSLREADFD=numbers[1],
                        SSLWRITEFD=numbers[2]))
    for end in ends:
        end.close()
    letter = control.recv(1)
    if letter and how == "refusing":
        control.close()
    elif letter and how == "delayed":
        tls = context.wrap_socket(client, server_side=True)
        if letter == b"Y":
            for name, value in facts(tls).items():
                control.sendall(f"{name}={value}\0".encode())
            control.sendall(b"\0")
        relay(tls, into, out)
        tls.close()
    into.close()
    out.close()
    child.wait()
    client.close()


def serve(client):
    try:
        (first if how == "first" else delayed)(client)
    except OSError as e:
        print(e, file=sys.stderr)


listener = socket.create_server(("127.0.0.1", int(port)), reuse_port=False)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],),
                     daemon=True).start()
