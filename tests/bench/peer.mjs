// The clicker as other libraries would have it, with its counts in a map: `node peer.mjs telegraf`, or another of those below.
// Nothing is saved, and nothing is promised about order. Their packages are those of tests/clients.
import { createRequire } from "node:module";

const require = createRequire(new URL("../clients/package.json", import.meta.url));
const token = process.env.BOT_TOKEN;
const root = process.env.TELEGRAM_API_ROOT;
const clicks = new Map();

function click(ctx) {
  const count = clicks.get(ctx.chat.id);
  if (count === undefined) return ctx.reply("Вы не зарегистрированы");
  clicks.set(ctx.chat.id, count + 1);
  return ctx.reply(`Кликов: ${count + 1} 🏆`);
}

function start(ctx) {
  if (!clicks.has(ctx.chat.id)) clicks.set(ctx.chat.id, 0);
  return ctx.reply(`Приветствую ${ctx.from.first_name}`);
}

function prepare(bot) {
  bot.command("start", start);
  bot.hears("Клик", click);
  return bot;
}

if (process.argv[2] === "telegraf") {
  const { Telegraf } = require("telegraf");
  prepare(new Telegraf(token, { telegram: { apiRoot: root } })).launch();
} else if (process.argv[2] === "node-telegram-bot-api") {
  const { Bot } = require("node-telegram-bot-api");
  void prepare(new Bot(token, { apiRoot: root })).startPolling();
} else {
  const { Bot } = require("grammy");
  const { run } = require("@grammyjs/runner");
  run(prepare(new Bot(token, { client: { apiRoot: root } })));
}
