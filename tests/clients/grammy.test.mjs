import { Bot, InlineKeyboard, InputFile, session, webhookCallback } from "grammy";
import { conversations, createConversation } from "@grammyjs/conversations";
import { Menu } from "@grammyjs/menu";
import { run } from "@grammyjs/runner";
import assert from "node:assert/strict";
import { test } from "node:test";
import { ALLOWED, FILES, bytesOf, fileOf, tell } from "./story.mjs";
import { TOKEN, World } from "./world.mjs";

const upload = (kind) => new InputFile(bytesOf(kind), FILES[kind]);

function write({ token, root }) {
  const bot = new Bot(token, { client: { apiRoot: root } });
  bot.command("start", (ctx) => ctx.reply(`Hello, ${ctx.from.first_name}`, { reply_markup: new InlineKeyboard().text("More", "more") }));
  bot.callbackQuery("more", async (ctx) => {
    await ctx.editMessageText("More!");
    await ctx.answerCallbackQuery("done");
  });
  bot.command("files", async (ctx) => {
    await ctx.replyWithPhoto(upload("photo"));
    await ctx.replyWithDocument(upload("document"));
    await ctx.replyWithVideo(upload("video"));
    await ctx.replyWithAudio(upload("audio"));
    await ctx.replyWithVoice(upload("voice"));
    await ctx.replyWithVideoNote(upload("video_note"));
    await ctx.replyWithAnimation(upload("animation"));
    await ctx.replyWithSticker(upload("sticker"));
  });
  bot.command("poll", (ctx) => ctx.replyWithPoll("Which?", ["a", "b"].map((text) => ({ text })), { is_anonymous: false }));
  bot.on(":file", async (ctx) => {
    const { file_path } = await ctx.getFile();
    const bytes = await (await fetch(`${root}/file/bot${token}/${file_path}`)).arrayBuffer();
    await ctx.reply(`${fileOf(ctx.message).kind}: ${Buffer.from(bytes).toString("base64")}`);
  });
  bot.on("inline_query", (ctx) => ctx.answerInlineQuery([{
    type: "article", id: "1", title: `About ${ctx.inlineQuery.query}`, input_message_content: { message_text: "…" },
  }]));
  bot.on("poll_answer", (ctx) => ctx.api.sendMessage(ctx.pollAnswer.user.id, `Voted for ${ctx.pollAnswer.option_ids[0]}`));
  return bot;
}

tell("grammY", (where) => {
  const bot = write(where);
  return {
    poll: () => { void bot.start({ allowed_updates: ALLOWED }); },
    stop: () => bot.stop(),
    hook: async (url) => {
      await bot.api.setWebhook(url, { secret_token: "s", allowed_updates: ALLOWED });
      return webhookCallback(bot, "http", { secretToken: "s" });
    },
  };
});

tell("grammY with its runner", (where) => {
  const bot = write(where);
  let handle;
  return {
    poll: () => { handle = run(bot, { runner: { fetch: { allowed_updates: ALLOWED } } }); },
    stop: () => handle?.stop(),
    hook: async (url) => {
      await bot.api.setWebhook(url, { allowed_updates: ALLOWED });
      return webhookCallback(bot, "http");
    },
  };
});

test("grammY's conversations and menus", async (t) => {
  const world = await World.open(t);
  const anna = await world.person(5, "Anna");
  const bot = new Bot(TOKEN, { client: { apiRoot: world.root } });
  const menu = new Menu("lamp");
  const state = { on: false };
  menu.text(() => (state.on ? "on" : "off"), (ctx) => { state.on = !state.on; ctx.menu.update(); });
  bot.use(session({ initial: () => ({}) }), conversations(), menu);
  bot.use(createConversation(async (conversation, ctx) => {
    await ctx.reply("Your name?");
    const { message } = await conversation.waitFor("message:text");
    await ctx.reply(`So you are ${message.text}`);
  }, "ask"));
  bot.command("ask", (ctx) => ctx.conversation.enter("ask"));
  bot.command("lamp", (ctx) => ctx.reply("The lamp", { reply_markup: menu }));
  world.onEnd(() => bot.stop());
  void bot.start();
  await anna.says("/ask");
  await anna.seesText("Your name?");
  await anna.says("Anna of the Moon");
  await anna.seesText("So you are Anna of the Moon");
  await anna.says("/lamp");
  const lamp = await anna.seesText("The lamp");
  const [[button]] = lamp.reply_markup.inline_keyboard;
  assert.equal(button.text, "off");
  await anna.press(lamp, button.callback_data);
  await anna.sees("the lamp on", (message) => message.reply_markup?.inline_keyboard[0][0].text === "on");
});
