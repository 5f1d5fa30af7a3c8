# A proxy as a program: `python3 tunnel.py TARGET_PORT`. It says at which port it listens. Whoever asks for a tunnel, by CONNECT
# of HTTP or by SOCKS5, is joined to the target on 127.0.0.1, whatever name was asked for, and that name is written down.
import select
import socket
import sys
import threading

target_port = int(sys.argv[1])


def receive(client, size):
    found = b""
    while len(found) < size:
        piece = client.recv(size - len(found))
        if not piece:
            raise OSError("the client has gone")
        found += piece
    return found


def name_by_socks(client):
    receive(client, receive(client, 2)[1])  # the ways to say who it is; none is needed
    client.sendall(b"\5\0")
    kind = receive(client, 4)[3]
    size = receive(client, 1)[0] if kind == 3 else 4
    name = receive(client, size + 2)[:-2]
    client.sendall(b"\5\0\0\1\0\0\0\0\0\0")
    return "socks " + (name.decode() if kind == 3 else socket.inet_ntoa(name))


def name_by_connect(client):
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += receive(client, 1)
    client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    return "connect " + head.split()[1].decode().split(":")[0]


def serve(client):
    try:
        is_socks = client.recv(1, socket.MSG_PEEK) == b"\5"
        print(name_by_socks(client) if is_socks else name_by_connect(client), flush=True)
        target = socket.create_connection(("127.0.0.1", target_port))
        other = {client: target, target: client}
        while True:
            for one in select.select(list(other), [], [])[0]:
                piece = one.recv(65536)
                if not piece:
                    raise OSError("the end of a connection")
                other[one].sendall(piece)
    except OSError as error:
        print(error, file=sys.stderr, flush=True)
        for each in list(locals().get("other", {client: None})):
            each.close()


listener = socket.create_server(("127.0.0.1", 0), backlog=100)
print("port %d" % listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
