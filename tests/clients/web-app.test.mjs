/* A Web App checks its init data as Telegram's documentation says, with a library that is not the sandbox's. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { TOKEN, World } from "./world.mjs";

function isSigned(initData, token) {
  const fields = new URLSearchParams(initData);
  const hash = fields.get("hash");
  fields.delete("hash");
  const check = [...fields].map(([name, value]) => `${name}=${value}`).sort().join("\n");
  const secret = createHmac("sha256", "WebAppData").update(token).digest();
  return createHmac("sha256", secret).update(check).digest("hex") === hash;
}

test("the init data of a Web App is signed with the bot's token", async (t) => {
  const world = await World.open(t);
  const anna = await world.person(5, "Аня & Co = 100%");
  await fetch(`${world.root}/bot${TOKEN}/getMe`);
  const opened = await world.control("POST", "web_apps", { from_id: anna.id, url: "https://127.0.0.1/app" });
  assert.equal(isSigned(opened.init_data, TOKEN), true);
  assert.equal(isSigned(opened.init_data, `${TOKEN}y`), false);
  assert.equal(isSigned(opened.init_data.replace("%22id%22%3A5", "%22id%22%3A6"), TOKEN), false);
  assert.equal(JSON.parse(new URLSearchParams(opened.init_data).get("user")).first_name, "Аня & Co = 100%");
  assert.equal(new URLSearchParams(new URL(opened.url).hash.slice(1)).get("tgWebAppData"), opened.init_data);
});
