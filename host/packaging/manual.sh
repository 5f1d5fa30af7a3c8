#!/bin/sh
# Writes the manual page lunokhod(1) from what the program's --help says: manual.sh PROGRAM VERSION DATE PREFIX
program=$1

# The lines of --help of one command: its head, then its options, whose names take 26 columns.
command_section() {
  printf '.SS %s\n' "$1"
  "$program" "$1" --help </dev/null | awk '
    function shown(text) { gsub(/\\/, "\\e", text); gsub(/-/, "\\-", text); gsub(/^ +| +$/, "", text); return text }
    /^  --/ { printf ".TP\n.B %s\n%s\n", shown(substr($0, 3, 26)), shown(substr($0, 29)); next }
    { at = match($0, /   +/); printf ".PP\n.B %s\n.br\n%s\n", shown(at ? substr($0, 1, at) : ""), shown(at ? substr($0, at) : $0) }'
}

cat <<PAGE
.TH LUNOKHOD 1 "$3" "lunokhod $2" "User Commands"
.SH NAME
lunokhod \- host for Telegram bots in Lua
.SH SYNOPSIS
.B lunokhod
.I COMMAND
[\fIoptions\fR] [\fIarguments\fR]
.SH DESCRIPTION
Runs Telegram bots that are written in Lua. The data of a bot is an SQLite database in memory, which is backed up into the admin's
chat with the bot, or it is in PostgreSQL.
.SH COMMANDS
PAGE
for command in run check test replay backup migrate sandbox dev status reload stop log dead sql; do command_section $command; done
cat <<PAGE
.SH SIGNALS
Of
.BR "lunokhod run" :
SIGHUP loads the scripts again, and the files of the token, of the certificate and of the backup's keys; SIGTERM and SIGINT stop it, a
second one at once; SIGUSR1 hands out all dead letters again; SIGUSR2 toggles debug lines in the log.
.SH EXIT STATUS
.TP
.B 0
done, or stopped gracefully
.TP
.B 1
failed at run time; of
.BR check ,
.B test
and
.BR replay :
something is wrong, or differs
.TP
.B 2
wrong usage
.TP
.B 3
the backup can't be read
.TP
.B 4
another host has taken over
.SH FILES
.TP
.I /etc/lunokhod/lunokhod.conf
settings of lunokhod.service
.TP
.I /etc/lunokhod/token
its token, which only root may read
.TP
.I /srv/lunokhod
its scripts
.TP
.I /etc/lunokhod/NAME.conf\fR, \fI/etc/lunokhod/NAME.token\fR, \fI/srv/lunokhod/NAME
the same of lunokhod@NAME.service
.SH SEE ALSO
$4/share/doc/lunokhod/examples/OPERATING.md
PAGE
