# A front as a program: `python3 tls_front.py UPSTREAM_PORT CERTIFICATE KEY MODE_FILE`. It says at which port it listens. What
# comes there over TLS goes to the port of 127.0.0.1 in plain, and back. For each connection it writes a line: "new", or
# "resumed" when the client brought the session of another one; and "open N" whenever the number of connections has changed.
#
# The first line of MODE_FILE is read for each connection and each answer:
#   drop N    the next N connections are closed when the first bytes of their handshake have come
#   cut N     N answers stop in their middle, and the connection breaks
#   lose N    N answers never come, and the connection breaks
#   each      the connection is closed after each answer, which says so
#   idle      the connection is closed when nothing was asked on it for a while, as TLS wants it
#   abrupt    the same, without a word of TLS
# Only answers to METHOD count, if the mode goes on with one: "lose 1 sendMessage".
import re
import select
import socket
import ssl
import sys
import threading

upstream_port, certificate, key, mode_file = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
IDLE = 0.5  # seconds
lock = threading.Lock()
used = {}  # mode -> how often
open_count = 0


def mode_is(names, request=b""):
    with open(mode_file) as file:
        words = file.readline().split()
    if not words or words[0] not in names:
        return None
    if len(words) > 2 and ("/" + words[2] + " ").encode() not in request:
        return None
    with lock:
        line = " ".join(words)
        used[line] = used.get(line, 0) + 1
        return words[0] if len(words) < 2 or used[line] <= int(words[1]) else None


def say(line):
    with lock:
        print(line, flush=True)


def count_open(change):
    global open_count
    with lock:
        open_count += change
        print("open %d" % open_count, flush=True)


def end_of_answer(answer):
    head = answer.find(b"\r\n\r\n")
    length = re.search(rb"\r\nContent-Length: (\d+)", answer[:head], re.I)
    return head + 4 + int(length.group(1)) if head >= 0 and length else None


def pass_answer(client, server, request):
    """Passes one answer on. False: the connection is over."""
    answer = b""
    while end_of_answer(answer) is None or len(answer) < end_of_answer(answer):
        if client in select.select([client, server], [], [])[0]:
            return False  # nobody sends a second request meanwhile: the client has gone
        piece = server.recv(65536)
        if not piece:
            client.sendall(answer)
            return False
        answer += piece
    mode = mode_is(["cut", "lose", "each"], request)
    if mode == "cut":
        answer = answer[: len(answer) // 2]
    elif mode == "each":
        answer = answer.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
    if mode != "lose":
        client.sendall(answer)
    if mode:
        say(mode)
    return mode is None


def close_idle(client):
    mode = mode_is(["idle", "abrupt"])
    if mode == "idle":
        client.setblocking(False)
        try:
            client.unwrap()
        except ssl.SSLWantReadError:
            pass  # the client need not say good-bye, too
    if mode:
        client.close()
        say(mode)
    return mode is not None


def pass_requests(client, server):
    request = b""
    while True:
        while not client.pending() and not select.select([client], [], [], IDLE)[0]:
            if close_idle(client):
                return
        piece = client.recv(65536)
        if not piece:
            return
        server.sendall(piece)
        request += piece
        head = request.find(b"\r\n\r\n")
        length = re.search(rb"\r\nContent-Length: (\d+)", request[:head], re.I)
        if head >= 0 and len(request) >= head + 4 + (int(length.group(1)) if length else 0):
            if not pass_answer(client, server, request[:head]):
                return
            request = b""


def serve(plain):
    client = server = None
    count_open(1)
    try:
        if mode_is(["drop"]):
            plain.recv(16, socket.MSG_PEEK)
            say("drop")
            return
        client = context.wrap_socket(plain, server_side=True)
        say("resumed" if client.session_reused else "new")
        server = socket.create_connection(("127.0.0.1", upstream_port))
        pass_requests(client, server)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr, flush=True)
    finally:
        for each in (client or plain, server):
            if each:
                each.close()
        count_open(-1)


listener = socket.create_server(("127.0.0.1", 0), backlog=1000)
say("port %d" % listener.getsockname()[1])
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
