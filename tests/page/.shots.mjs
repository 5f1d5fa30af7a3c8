import { chromium } from "playwright-core";
import { spawn } from "node:child_process";
import { readFile, writeFile, mkdtemp, copyFile } from "node:fs/promises";
const ROOT = "/work/wt/pageb";
const dir = await mkdtemp("/tmp/shots-bot-");
const BOT = `
local bot, db, keyboard, telegram = require "bot", require "db", require "keyboard", require "telegram"
db.exec "CREATE TABLE IF NOT EXISTS counts(person INTEGER PRIMARY KEY, n INTEGER)"
bot.command("start", function(m) m:answer("Здравствуйте, @admin! Вот #луна, /help, https://example.org/ и <b>", { reply_markup = keyboard.reply { { "Да", "Нет" }, { { text = "Моё место", request_location = true } } } }) end, "Начать")
bot.command("ask", function(m) m:answer("Как вас зовут?", { reply_markup = { force_reply = true, input_field_placeholder = "Имя и фамилия" } }) end, "Спросить")
bot.command("emoji", function(m) m:answer "🌗" end)
bot.command("type", function(m) telegram.send_chat_action { chat_id = m.chat.id, action = "typing" } end)
bot.command("count", function(m) db.exec("INSERT INTO counts VALUES (?, 1) ON CONFLICT DO UPDATE SET n = n + 1", m.from.id) m:answer "посчитано" end)
bot.command("boom", function(m) error "nobody has counted" end)
bot.on("inline_query", function(q)
  local r = {}
  for i, name in ipairs { "Море Спокойствия", "Океан Бурь", "Залив Радуги с очень длинным названием, которое не помещается в строку", "Тихо" } do
    r[i] = { type = "article", id = tostring(i), title = name, description = "кратер или море", input_message_content = { message_text = name } }
  end
  telegram.answer_inline_query { inline_query_id = q.id, results = r, cache_time = 0, button = { text = "Настроить поиск", start_parameter = "set" } }
end)
bot.command("app", function(m) m:answer("Карта", { reply_markup = keyboard.reply { { { text = "Открыть карту", web_app = { url = "https://example.org/craters.html" } } } } }) end)
bot.command("inline", function(m) m:answer("Кнопки", { reply_markup = { inline_keyboard = { { { text = "Играть", web_app = { url = "https://example.org/craters.html" } }, { text = "Искать здесь", switch_inline_query_current_chat = "море" } } } } }) end)
`;
await writeFile(dir + "/bot.lua", BOT);
const child = spawn(ROOT + "/build/lunokhod", ["dev", "--port", "0", "--backup-interval", "5", dir]);
let out = ""; for (const s of [child.stdout, child.stderr]) s.on("data", (d) => out += d);
while (!/127\.0\.0\.1:\d+/.test(out)) await new Promise((r) => setTimeout(r, 50));
const address = "http://" + out.match(/127\.0\.0\.1:\d+/)[0];
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--headless", "--no-sandbox", "--disable-gpu"] });
const T = "123456:a-token-for-the-sandbox-only";
const api = (m, p) => fetch(`${address}/bot${T}/${m}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(p) }).then((r) => r.json());
async function open(options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(8000);
  page.on("pageerror", (e) => console.log("PAGEERROR", String(e)));
  page.on("console", (m) => m.type() === "error" && console.log("CONSOLE", m.text()));
  const script = await readFile(ROOT + "/tests/page/apps/telegram-web-app.js", "utf8");
  await page.route("https://telegram.org/js/telegram-web-app.js", (route) => route.fulfill({ contentType: "text/javascript", body: script }));
  await page.route("https://example.org/**", async (route) => route.fulfill({ contentType: "text/html; charset=utf-8", body: await readFile(ROOT + "/examples/craters.html", "utf8") }));
  await page.goto(address);
  await page.locator("#chat").waitFor();
  const say = async (t) => { await page.locator("#text").fill(t); await page.locator("#text").press("Enter"); };
  return { page, say, shot: async (n) => page.screenshot({ path: `/tmp/shots/${n}.png` }), sees: (t) => page.getByRole("log").getByText(t).last().waitFor() };
}
export { open, api, address, browser, child };
const script = process.argv[2];
try { await (await import(script)).default({ open, api, address }); } catch (e) { console.log("FAILED", e.message.slice(0, 400)); }
await browser.close(); child.kill("SIGTERM");
