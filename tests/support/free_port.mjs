import { once } from "node:events";
import { createServer } from "node:net";

/* A port that nobody listens on, and that the system gives to no connection by itself: those are from 32768 on. */
export async function freePort() {
  for (;;) {
    const port = 10000 + Math.floor(Math.random() * 20000);
    const server = createServer().listen(port, "127.0.0.1");
    const isFree = await Promise.race([once(server, "listening"), once(server, "error")]).then(() => server.listening, () => false);
    if (!isFree) continue;
    server.close();
    await once(server, "close");
    return port;
  }
}
