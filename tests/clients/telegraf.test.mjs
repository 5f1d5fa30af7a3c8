import { Telegraf } from "telegraf";
import { message } from "telegraf/filters";
import { ALLOWED, FILES, bytesOf, fileOf, tell } from "./story.mjs";

const upload = (kind) => ({ source: bytesOf(kind), filename: FILES[kind] });

function write({ token, root }) {
  const bot = new Telegraf(token, { telegram: { apiRoot: root } });
  bot.start((ctx) => ctx.reply(`Hello, ${ctx.from.first_name}`, {
    reply_markup: { inline_keyboard: [[{ text: "More", callback_data: "more" }]] },
  }));
  bot.action("more", async (ctx) => {
    await ctx.editMessageText("More!");
    await ctx.answerCbQuery("done");
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
  bot.command("poll", (ctx) => ctx.replyWithPoll("Which?", ["a", "b"], { is_anonymous: false }));
  for (const kind of Object.keys(FILES)) {
    bot.on(message(kind), async (ctx, next) => {
      if (fileOf(ctx.message).kind !== kind) return next();
      const { file } = fileOf(ctx.message);
      const bytes = await (await fetch(await ctx.telegram.getFileLink(file.file_id))).arrayBuffer();
      return ctx.reply(`${kind}: ${Buffer.from(bytes).toString("base64")}`);
    });
  }
  bot.on("inline_query", (ctx) => ctx.answerInlineQuery([{
    type: "article", id: "1", title: `About ${ctx.inlineQuery.query}`, input_message_content: { message_text: "…" },
  }]));
  bot.on("poll_answer", (ctx) => ctx.telegram.sendMessage(ctx.pollAnswer.user.id, `Voted for ${ctx.pollAnswer.option_ids[0]}`));
  return bot;
}

tell("telegraf", (where) => {
  const bot = write(where);
  return {
    poll: () => { void bot.launch({ allowedUpdates: ALLOWED }); },
    stop: () => bot.stop("the test is over"),
    hook: async (url) => {
      await bot.telegram.setWebhook(url, { secret_token: "s", allowed_updates: ALLOWED });
      return bot.webhookCallback("/hook", { secretToken: "s" });
    },
  };
});
