import { Bot, InlineKeyboardBuilder, InputFile } from "node-telegram-bot-api";
import { createWebhookServer } from "node-telegram-bot-api/node";
import { ALLOWED, FILES, bytesOf, fileOf, tell } from "./story.mjs";

const upload = (kind) => new InputFile(bytesOf(kind), { filename: FILES[kind] });

function write({ token, root }) {
  const bot = new Bot(token, { apiRoot: root });
  const { api } = bot;
  bot.command("start", (ctx) => ctx.reply(`Hello, ${ctx.message.from.first_name}`, {
    reply_markup: new InlineKeyboardBuilder().text("More", "more").build(),
  }));
  bot.on("callback_query", async (ctx) => {
    const { message } = ctx.callbackQuery;
    await api.editMessageText({ chat_id: message.chat.id, message_id: message.message_id, text: "More!" });
    await ctx.answerCallbackQuery({ text: "done" });
  });
  bot.command("files", async (ctx) => {
    const chat_id = ctx.message.chat.id;
    await api.sendPhoto({ chat_id, photo: upload("photo") });
    await api.sendDocument({ chat_id, document: upload("document") });
    await api.sendVideo({ chat_id, video: upload("video") });
    await api.sendAudio({ chat_id, audio: upload("audio") });
    await api.sendVoice({ chat_id, voice: upload("voice") });
    await api.sendVideoNote({ chat_id, video_note: upload("video_note") });
    await api.sendAnimation({ chat_id, animation: upload("animation") });
    await api.sendSticker({ chat_id, sticker: upload("sticker") });
  });
  bot.command("poll", (ctx) => api.sendPoll({
    chat_id: ctx.message.chat.id, question: "Which?", options: [{ text: "a" }, { text: "b" }], is_anonymous: false,
  }));
  bot.on("message", async (ctx, next) => {
    const found = fileOf(ctx.message);
    if (!found) return next();
    const { file_path } = await api.getFile({ file_id: found.file.file_id });
    const bytes = await (await fetch(`${root}/file/bot${token}/${file_path}`)).arrayBuffer();
    return ctx.reply(`${found.kind}: ${Buffer.from(bytes).toString("base64")}`);
  });
  bot.on("inline_query", (ctx) => api.answerInlineQuery({ inline_query_id: ctx.update.inline_query.id, results: [{
    type: "article", id: "1", title: `About ${ctx.update.inline_query.query}`, input_message_content: { message_text: "…" },
  }] }));
  bot.on("poll_answer", (ctx) => {
    const { user, option_ids } = ctx.update.poll_answer;
    return api.sendMessage({ chat_id: user.id, text: `Voted for ${option_ids[0]}` });
  });
  return bot;
}

tell("node-telegram-bot-api", (where) => {
  const bot = write(where);
  return {
    poll: () => { void bot.startPolling(undefined, { allowedUpdates: ALLOWED }); },
    stop: () => bot.stop(),
    hook: async (url) => {
      await bot.api.setWebhook({ url, secret_token: "s", allowed_updates: ALLOWED });
      const server = createWebhookServer(bot, { path: "/hook", secretToken: "s" });
      return (request, response) => server.emit("request", request, response);
    },
  };
});
