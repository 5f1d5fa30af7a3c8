import { FileOptions, TelegramBot } from "typescript-telegram-bot-api";
import { ALLOWED, FILES, bytesOf, fileOf, tell } from "./story.mjs";

const upload = (kind) => new FileOptions(bytesOf(kind), { filename: FILES[kind] });

function write({ token, root }) {
  const bot = new TelegramBot({ botToken: token, baseURL: root, allowedUpdates: ALLOWED, pollingTimeout: 5 });

  async function sendFiles(chat_id) {
    await bot.sendPhoto({ chat_id, photo: upload("photo") });
    await bot.sendDocument({ chat_id, document: upload("document") });
    await bot.sendVideo({ chat_id, video: upload("video") });
    await bot.sendAudio({ chat_id, audio: upload("audio") });
    await bot.sendVoice({ chat_id, voice: upload("voice") });
    await bot.sendVideoNote({ chat_id, video_note: upload("video_note") });
    await bot.sendAnimation({ chat_id, animation: upload("animation") });
    await bot.sendSticker({ chat_id, sticker: upload("sticker") });
  }

  async function sendBack(message, { kind, file }) {
    const { file_path } = await bot.getFile({ file_id: file.file_id });
    const bytes = await (await fetch(`${root}/file/bot${token}/${file_path}`)).arrayBuffer();
    await bot.sendMessage({ chat_id: message.chat.id, text: `${kind}: ${Buffer.from(bytes).toString("base64")}` });
  }

  bot.on("message", async (message) => {
    const chat_id = message.chat.id;
    if (message.text === "/start") {
      await bot.sendMessage({ chat_id, text: `Hello, ${message.from.first_name}`,
        reply_markup: { inline_keyboard: [[{ text: "More", callback_data: "more" }]] } });
    } else if (message.text === "/files") {
      await sendFiles(chat_id);
    } else if (message.text === "/poll") {
      await bot.sendPoll({ chat_id, question: "Which?", options: [{ text: "a" }, { text: "b" }], is_anonymous: false });
    } else if (fileOf(message)) {
      await sendBack(message, fileOf(message));
    }
  });
  bot.on("callback_query", async (query) => {
    await bot.editMessageText({ chat_id: query.message.chat.id, message_id: query.message.message_id, text: "More!" });
    await bot.answerCallbackQuery({ callback_query_id: query.id, text: "done" });
  });
  bot.on("inline_query", (query) => bot.answerInlineQuery({ inline_query_id: query.id, results: [{
    type: "article", id: "1", title: `About ${query.query}`, input_message_content: { message_text: "…" },
  }] }));
  bot.on("poll_answer", (answer) => bot.sendMessage({ chat_id: answer.user.id, text: `Voted for ${answer.option_ids[0]}` }));
  return bot;
}

tell("typescript-telegram-bot-api", (where) => {
  const bot = write(where);
  return {
    poll: () => { void bot.startPolling(); },
    stop: () => bot.stopPolling(),
    hook: async (url) => {
      await bot.setWebhook({ url, secret_token: "s", allowed_updates: ALLOWED });
      return async (request, response) => {
        const chunks = [];
        for await (const chunk of request) chunks.push(chunk);
        response.statusCode = request.headers["x-telegram-bot-api-secret-token"] === "s" ? 200 : 403;
        response.end();
        await bot.processUpdate(JSON.parse(Buffer.concat(chunks)));
      };
    },
  };
});
