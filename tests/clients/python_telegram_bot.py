"""The bot of story.mjs with python-telegram-bot, of the generation 13 that Debian 12 has.

    python_telegram_bot.py TOKEN ROOT poll
    python_telegram_bot.py TOKEN ROOT hook PORT URL     listens on PORT, and has Telegram call URL

It writes "ready" when it gets updates, and ends by itself when its input ends: then no test is left that could stop it."""

import base64
import sys
import threading
import warnings

warnings.filterwarnings("ignore")  # it tells at every start that Debian's urllib3 is not its own

import telegram  # noqa: E402
from telegram.ext import (  # noqa: E402
    CallbackQueryHandler, CommandHandler, Filters, InlineQueryHandler, MessageHandler, PollAnswerHandler, Updater,
)

FILES = {
    "photo": "moon.jpg", "document": "moon.txt", "video": "moon.mp4", "audio": "moon.mp3", "voice": "moon.ogg",
    "video_note": "note.mp4", "animation": "moon.gif", "sticker": "moon.webp",
}
ALLOWED = ["message", "callback_query", "inline_query", "poll_answer"]


def bytes_of(kind):
    return f"the bytes of a {kind}: \0\r\n--\xff".encode("latin1")


def greet(update, context):
    button = telegram.InlineKeyboardButton("More", callback_data="more")
    update.message.reply_text(f"Hello, {update.effective_user.first_name}", reply_markup=telegram.InlineKeyboardMarkup([[button]]))


def tell_more(update, context):
    update.callback_query.edit_message_text("More!")
    update.callback_query.answer("done")


def send_files(update, context):
    for kind, name in FILES.items():
        given = {kind: bytes_of(kind)}
        if kind != "sticker":
            given["filename"] = name
        getattr(context.bot, f"send_{kind}")(update.effective_chat.id, **given)


def send_back(update, context):
    message = update.message
    kind = next(kind for kind in FILES if kind != "document" and getattr(message, kind)) if not is_document(message) else "document"
    found = getattr(message, kind)
    file = (found[-1] if isinstance(found, list) else found).get_file()
    message.reply_text(f"{kind}: {base64.b64encode(bytes(file.download_as_bytearray())).decode()}")


def is_document(message):
    return message.document and not message.animation


def answer_inline(update, context):
    query = update.inline_query
    content = telegram.InputTextMessageContent("…")
    query.answer([telegram.InlineQueryResultArticle("1", f"About {query.query}", content)])


def ask(update, context):
    context.bot.send_poll(update.effective_chat.id, "Which?", ["a", "b"], is_anonymous=False)


def tell_vote(update, context):
    context.bot.send_message(update.poll_answer.user.id, f"Voted for {update.poll_answer.option_ids[0]}")


def write(token, root):
    updater = Updater(token, base_url=f"{root}/bot", base_file_url=f"{root}/file/bot")
    for handler in [
        CommandHandler("start", greet), CommandHandler("files", send_files), CommandHandler("poll", ask),
        CallbackQueryHandler(tell_more), InlineQueryHandler(answer_inline), PollAnswerHandler(tell_vote),
        MessageHandler(~Filters.text, send_back),
    ]:
        updater.dispatcher.add_handler(handler)
    return updater


def main(token, root, how, port=None, url=None):
    updater = write(token, root)
    if how == "poll":
        updater.start_polling(timeout=1, allowed_updates=ALLOWED)
    else:
        updater.start_webhook("127.0.0.1", int(port), url_path="hook", webhook_url=url, allowed_updates=ALLOWED)
    print("ready", flush=True)
    sys.stdin.read()
    threading.Thread(target=updater.stop, daemon=True).start()


main(*sys.argv[1:])
