/* What the clients' tests stand on: a sandbox as a process, people in it by its control API, and a port for webhooks. The world is
 * real, so these wait for what they expect and never sleep. LUNOKHOD names the program. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const LUNOKHOD = path.resolve(ROOT, process.env.LUNOKHOD ?? "build/lunokhod");
const PATIENCE_MS = 150000;   /* it ends only a test that has failed: others may use the machine, too */
const ANSWER_S = 60;

export const TOKEN = "123456:sandbox-token-sandbox-token-x";

async function start() {
  const child = spawn(LUNOKHOD, ["sandbox", "--port", "0"], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => { output += text; child.emit("said"); });
  }
  const ended = once(child, "close");
  for (;;) {
    const match = output.match(/sandbox: (http:\/\/127\.0\.0\.1:\d+)/);
    if (match) return { child, ended, root: match[1], output: () => output };
    const end = await Promise.race([once(child, "said").then(() => null), ended]);
    if (end) throw new Error(`the sandbox ended before it listened:\n${output}`);
  }
}

/* All that one test starts, ended in reverse order. */
export class World {
  #ends = [];

  static async open(t) {
    const world = new World();
    t.after(() => world.#end());
    const { child, ended, root, output } = await start();
    world.root = root;
    world.#ends.push(async () => {
      child.kill("SIGTERM");
      const [code] = await ended;
      assert.equal(code, 0, `the sandbox ends with 0 after SIGTERM:\n${output()}`);
      assert.doesNotMatch(output(), /does not emulate/);
    });
    return world;
  }

  async #end() {
    for (const end of this.#ends.reverse()) await end();
  }

  onEnd(end) { this.#ends.push(end); }

  async control(method, entry, input) {
    const url = new URL(`/sandbox/${entry}`, this.root);
    const request = { method };
    if (input instanceof FormData) request.body = input;
    else if (input) Object.assign(request, { headers: { "content-type": "application/json" }, body: JSON.stringify(input) });
    const answer = await fetch(url, request);
    const body = await answer.json();
    assert.equal(answer.status, 200, `${method} ${entry}: ${JSON.stringify(body)}`);
    return body;
  }

  async person(id, first_name) {
    await this.control("POST", "users", { id, first_name });
    return new Person(this, id);
  }

  /* A webhook's end, which the handler serves. Returns its URL. */
  async listen(handler) {
    const server = createServer(handler).listen(0, "127.0.0.1");
    await once(server, "listening");
    this.onEnd(() => new Promise((done) => { server.close(done); server.closeAllConnections(); }));
    return `http://127.0.0.1:${server.address().port}/hook`;
  }
}

export class Person {
  constructor(world, id) {
    this.world = world;
    this.id = id;
    this.version = 0;
  }

  says(text) { return this.world.control("POST", "messages", { chat_id: this.id, text }); }

  sendsFile(kind, name, bytes) {
    const form = new FormData();
    form.set("chat_id", String(this.id));
    form.set(kind, new Blob([bytes]), name);
    return this.world.control("POST", "messages", form);
  }

  press(message, data) {
    return this.world.control("POST", "callbacks", { chat_id: this.id, message_id: message.message_id, data });
  }

  /* Waits for the bot's next message or edit that fits. */
  async sees(what, fits) {
    const until = Date.now() + PATIENCE_MS;
    const seen = [];
    while (Date.now() < until) {
      const news = await this.world.control("GET", `messages?chat_id=${this.id}&after_version=${this.version}&wait=5`);
      for (const message of news.messages.sort((a, b) => a.version - b.version)) {
        if (message.deleted || !message.from?.is_bot) continue;
        seen.push(message.text ?? Object.keys(message).join(" "));
        if (!fits(message)) continue;
        this.version = message.version;
        return message;
      }
    }
    assert.fail(`${what} was not seen within ${PATIENCE_MS} ms; seen: ${seen.join(" | ")}`);
  }

  seesText(text) { return this.sees(JSON.stringify(text), (message) => message.text === text); }

  /* The bot's answer to a query of this person. */
  async answer(query) {
    let answer;
    for (let tries = 0; !answer?.answered && tries < PATIENCE_MS / 1000 / ANSWER_S; tries++)
      answer = await this.world.control("GET", `answers?id=${query.id}&wait=${ANSWER_S}`);
    assert.equal(answer.answered, true, "the query is answered");
    return answer;
  }
}
