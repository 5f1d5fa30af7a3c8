import { Bot, InlineKeyboard, MediaUpload, webhookHandler } from "gramio";
import { ALLOWED, FILES, bytesOf, fileOf, tell } from "./story.mjs";

const upload = (kind) => MediaUpload.buffer(bytesOf(kind), FILES[kind]);

function write({ token, root }) {
  const bot = new Bot(token, { api: { baseURL: `${root}/bot` } });
  bot.command("start", (ctx) => ctx.send(`Hello, ${ctx.from.firstName}`, { reply_markup: new InlineKeyboard().text("More", "more") }));
  bot.callbackQuery("more", async (ctx) => {
    await ctx.editText("More!");
    await ctx.answer("done");
  });
  bot.command("files", async (ctx) => {
    await ctx.sendPhoto(upload("photo"));
    await ctx.sendDocument(upload("document"));
    await ctx.sendVideo(upload("video"));
    await ctx.sendAudio(upload("audio"));
    await ctx.sendVoice(upload("voice"));
    await ctx.sendVideoNote(upload("video_note"));
    await ctx.sendAnimation(upload("animation"));
    await ctx.sendSticker(upload("sticker"));
  });
  bot.command("poll", (ctx) => ctx.sendPoll({ question: "Which?", options: [{ text: "a" }, { text: "b" }], is_anonymous: false }));
  bot.on("message", async (ctx, next) => {
    const found = fileOf(ctx.payload);
    if (!found) return next();
    const bytes = await bot.downloadFile(found.file.file_id);
    return ctx.send(`${found.kind}: ${Buffer.from(bytes).toString("base64")}`);
  });
  bot.on("inline_query", (ctx) => ctx.answer([{
    type: "article", id: "1", title: `About ${ctx.query}`, input_message_content: { message_text: "…" },
  }]));
  bot.on("poll_answer", (ctx) => bot.api.sendMessage({ chat_id: ctx.user.id, text: `Voted for ${ctx.optionIds[0]}` }));
  return bot;
}

tell("gramio", (where) => {
  const bot = write(where);
  return {
    poll: () => bot.start({ allowedUpdates: ALLOWED }),
    stop: () => bot.stop(),
    hook: async (url) => {
      await bot.start({ webhook: { url, secret_token: "s" }, allowedUpdates: ALLOWED });
      return webhookHandler(bot, "http", { secretToken: "s" });
    },
  };
});
