/* What the page's tests stand on: a sandbox as a process, a browser, and a bot that speaks the Bot API by fetch.
 * The world is real, so these wait for what they expect and never sleep. LUNOKHOD and CHROMIUM name the programs. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { after } from "node:test";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const LUNOKHOD = path.resolve(ROOT, process.env.LUNOKHOD ?? "build/lunokhod");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
export const TOKEN = "123456:sandbox-token-sandbox-token-x";
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];

const PATIENCE_MS = 150000;   /* it ends only a test that has failed: others may use the machine, too */

/* Settings that a person or a service may have in the environment, and that are for no program of a test. */
const NOT_OURS = /^(BOT_TOKEN|BOT_TOKEN_FILE|TELEGRAM_API_ROOT|ADMIN_ID|CONFIG_ID|BACKUP_INTERVAL|COPY_TO|COPY_DIR|WEBHOOK_URL|LUNOKHOD_.*|XDG_RUNTIME_DIR|RUNTIME_DIRECTORY|NOTIFY_SOCKET|.*_proxy|.*_PROXY)$/;
const ENVIRONMENT = Object.fromEntries(Object.entries(process.env).filter(([name]) => !NOT_OURS.test(name)));

let browser;   /* one for a test file */
after(() => browser?.close());

/* Starts lunokhod. `output` grows; said(pattern) resolves with the match, or rejects when the program ends before; stop() resolves
 * with its exit code. */
function start(args, environment = {}) {
  const child = spawn(LUNOKHOD, args, { cwd: ROOT, env: { ...ENVIRONMENT, ...environment }, stdio: ["ignore", "pipe", "pipe"] });
  const program = { output: "" };
  const ended = new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(code ?? signal));
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => { program.output += text; child.emit("said"); });
  }
  program.said = async (pattern) => {
    for (;;) {
      const match = program.output.match(pattern);
      if (match) return match;
      const end = await Promise.race([once(child, "said").then(() => undefined), ended]);
      if (end !== undefined) throw new Error(`lunokhod ${args[0]} ended (${end}) before it said ${pattern}:\n${program.output}`);
    }
  };
  program.stop = () => {
    child.kill("SIGTERM");
    return ended;
  };
  return program;
}

/* All that one test starts. It ends in reverse order: windows before the sandbox that they ask. */
export class World {
  #t;
  #ends = [];

  constructor(t) {
    this.#t = t;
    t.after(() => this.#end());
  }

  async #end() {
    const failures = [];
    for (const end of this.#ends.reverse()) await end().catch((error) => failures.push(error));
    if (failures.length) throw failures[0];
  }

  #stopsCleanly(program, name) {
    this.#ends.push(async () => assert.equal(await program.stop(), 0, `${name} ends with 0 after SIGTERM:\n${program.output}`));
  }

  /* On a free port, or on the given one. */
  async sandbox(port = 0) {
    const program = start(["sandbox", "--port", String(port)]);
    this.#stopsCleanly(program, "sandbox");
    const [address, found] = await program.said(/http:\/\/127\.0\.0\.1:(\d+)/);
    return { stop: program.stop, address, port: Number(found), bot: new Bot(address) };
  }

  /* The host with the bots of scripts/, or with another, on that sandbox. Its log goes into the test's report: there a failure is explained. */
  host(sandbox, scripts = "scripts/") {
    const program = start(["run", scripts], { TELEGRAM_API_ROOT: sandbox.address, BOT_TOKEN: TOKEN });
    this.#ends.push(async () => this.#t.diagnostic(program.output));
    this.#stopsCleanly(program, "run");
    return program;
  }

  /* `lunokhod dev` on a free port, with these files as the bot's folder. */
  async dev(files, more = []) {
    const directory = await mkdtemp(path.join(tmpdir(), "lunokhod-page-"));
    for (const [name, text] of Object.entries(files)) await writeFile(path.join(directory, name), text);
    this.#ends.push(() => rm(directory, { recursive: true }));
    const program = start(["dev", "--port", "0", ...more, directory]);
    this.#ends.push(async () => this.#t.diagnostic(program.output));
    this.#stopsCleanly(program, "dev");
    const [address] = await program.said(/http:\/\/127\.0\.0\.1:\d+/);
    return { address, directory, program };
  }

  /* A window with its own storage. What the page complains of fails the test at its end, but for what `forgives` matches. */
  async window(sandbox, { forgives, ...options } = {}) {
    browser ??= await chromium.launch({ executablePath: CHROMIUM, args: FLAGS, timeout: PATIENCE_MS });
    const context = await browser.newContext(options);
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    const errors = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("console", (message) => { if (message.type() === "error") errors.push(message.text()); });
    page.on("dialog", (dialog) => { errors.push(`a dialog: ${dialog.message()}`); dialog.dismiss(); });
    this.#ends.push(async () => {
      await context.close();
      assert.deepEqual(errors.filter((error) => !forgives?.test(error)), []);
    });
    await page.goto(sandbox.address);
    return new Window(page);
  }
}

/* The bot's side. */
class Bot {
  #offset = 0;

  constructor(address) {
    this.address = address;
  }

  async call(method, parameters = {}) {
    const response = await fetch(`${this.address}/bot${TOKEN}/${method}`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(parameters),
    });
    const answer = await response.json();
    assert.ok(answer.ok, `${method}: ${JSON.stringify(answer)}`);
    return answer.result;
  }

  say(person, text, more = {}) {
    return this.call("sendMessage", { chat_id: person, text, ...more });
  }

  async upload(method, parameters, name, fileName, bytes) {
    const form = new FormData();
    for (const [key, value] of Object.entries(parameters)) form.append(key, value);
    form.append(name, new Blob([bytes]), fileName);
    const answer = await (await fetch(`${this.address}/bot${TOKEN}/${method}`, { method: "POST", body: form })).json();
    assert.ok(answer.ok, `${method}: ${JSON.stringify(answer)}`);
    return answer.result;
  }

  /* The next update, of whatever kind. */
  async next() {
    for (let tries = 0; tries < PATIENCE_MS / 2000; tries++) {
      const [update] = await this.call("getUpdates", { offset: this.#offset, limit: 1, timeout: 2 });
      if (!update) continue;
      this.#offset = update.update_id + 1;
      return update;
    }
    throw new Error("the bot waited for an update, and none came");
  }
}

/* What a person does and sees, by the names that a screen reader would say. */
class Window {
  constructor(page) {
    this.page = page;
  }

  /* A person made anew. The chat of the person before is shown until then, so the name is waited for, too. */
  async becomes(name) {
    await this.page.getByLabel("Name", { exact: true }).fill(name);
    await this.page.getByRole("button", { name: "Create" }).click();
    await this.page.getByRole("region", { name: "Chat with the bot" }).filter({ has: this.page.locator("#person-name", { hasText: name }) }).waitFor();
    return Number(new URL(this.page.url()).hash.slice(1));
  }

  /* Makes a group or channel by its kind, and returns its id. */
  async founds(title, kind, { with: others = [], bot } = {}) {
    await this.button("New group or channel").click();
    const form = this.page.getByRole("dialog", { name: "New group or channel" });
    await form.getByLabel("Title").fill(title);
    await form.getByLabel(kind, { exact: true }).check();
    for (const name of others) await form.getByRole("checkbox", { name }).check();
    if (bot) await form.getByLabel("The bot in it").selectOption(bot);
    await form.getByRole("button", { name: "Create" }).click();
    await this.page.getByRole("region", { name: `Chat “${title}”` }).waitFor();
    return Number(this.page.url().match(/#(-\d+)/)[1]);
  }

  /* An item of the message's menu, opened by the mouse. */
  async chooses(text, words) {
    const message = this.message(text).last();
    await message.hover();
    await message.getByRole("button", { name: "Menu of the message" }).click();
    await this.page.getByRole("menuitem", { name: words, exact: true }).click();
  }

  button(name) {
    return this.page.getByRole("button", { name, exact: true });
  }

  get field() {
    return this.page.getByLabel("Message", { exact: true });
  }

  async writes(text) {
    await this.field.fill(text);
    await this.field.press("Enter");
  }

  message(text) {
    return this.page.getByRole("log").getByRole("article").filter({ hasText: text });
  }

  async sees(text) {
    await this.message(text).last().waitFor();
  }

  /* All that the chat shows, without authors and times. */
  texts() {
    return this.page.getByRole("log").getByRole("article").evaluateAll((nodes) => nodes.map((node) => {
      const copy = node.querySelector(".bubble").cloneNode(true);
      copy.querySelectorAll(".spoken, .head, .of-topic, .stamp").forEach((part) => part.remove());
      return copy.textContent;
    }));
  }

  /* Waits until the chat shows just these. */
  async shows(expected) {
    await this.sees(expected.at(-1));
    let seen;
    const until = Date.now() + PATIENCE_MS;
    do {
      seen = await this.texts();
      if (JSON.stringify(seen) === JSON.stringify(expected)) return;
      await this.page.evaluate(() => new Promise(requestAnimationFrame));
    } while (Date.now() < until);
    assert.deepEqual(seen, expected);
  }
}

/* Opens the developer's panel, if it is closed, and that tab of it. */
export async function openTab(page, name) {
  if (!await page.getByRole("complementary", { name: "Developer's panel" }).isVisible()) await page.getByRole("button", { name: "Developer" }).click();
  await page.getByRole("tab", { name, exact: true }).click();
  return page.getByRole("tabpanel", { name, exact: true });
}
