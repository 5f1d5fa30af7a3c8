/* The bot is a process of its own, in Python. Debian's interpreter runs it, because only that one has Debian's package. */

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { request as ask } from "node:http";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { freePort } from "../support/free_port.mjs";
import { tell } from "./story.mjs";

const PYTHON = "/usr/bin/python3";
const BOT = path.join(path.dirname(fileURLToPath(import.meta.url)), "python_telegram_bot.py");
const GENERATION = "13"; /* Debian 12's; from 20 on, the library is another one by the same name */

const asked = spawnSync(PYTHON, ["-W", "ignore", "-c", "import telegram; print(telegram.__version__)"], { encoding: "utf8" });
const version = asked.stdout?.trim();

async function start(...args) {
  const child = spawn(PYTHON, [BOT, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "close");
  child.stdout.setEncoding("utf8");
  const first = await Promise.race([once(child.stdout, "data"), ended]);
  if (!String(first[0]).startsWith("ready")) throw new Error("the bot ended before it was ready");
  return async () => {
    child.stdin.end();
    await ended;
  };
}

function forward(port) {
  return (request, response) => {
    const { method, url, headers } = request;
    const onward = ask({ host: "127.0.0.1", port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  };
}

if (version?.split(".")[0] === GENERATION) {
  tell(`python-telegram-bot ${version}`, ({ token, root }) => {
    let end = () => {};
    return {
      poll: async () => { end = await start(token, root, "poll"); },
      stop: () => end(),
      close: () => end(),
      hook: async (url) => {
        const port = await freePort();
        end = await start(token, root, "hook", String(port), url);
        return forward(port);
      },
    };
  });
} else {
  test("python-telegram-bot", { skip: `Debian's package has generation ${version ?? "none"}, this bot is for ${GENERATION}` }, () => {});
}
