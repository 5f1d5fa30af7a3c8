"""The clicker as python-telegram-bot would have it, of the generation that Debian has, with its counts in a dictionary. Nothing
is saved."""

import os
import warnings

warnings.filterwarnings("ignore")  # it tells at every start that Debian's urllib3 is not its own

from telegram.ext import CommandHandler, Filters, MessageHandler, Updater  # noqa: E402

clicks = {}


def start(update, context):
    clicks.setdefault(update.effective_chat.id, 0)
    update.message.reply_text(f"Приветствую {update.effective_user.first_name}")


def click(update, context):
    chat = update.effective_chat.id
    if chat not in clicks:
        update.message.reply_text("Вы не зарегистрированы")
        return
    clicks[chat] += 1
    update.message.reply_text(f"Кликов: {clicks[chat]} 🏆")


updater = Updater(os.environ["BOT_TOKEN"], base_url=os.environ["TELEGRAM_API_ROOT"] + "/bot")
updater.dispatcher.add_handler(CommandHandler("start", start))
updater.dispatcher.add_handler(MessageHandler(Filters.text(["Клик"]), click))
updater.start_polling()
updater.idle()
