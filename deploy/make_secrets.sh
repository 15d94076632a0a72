#!/bin/sh
# Writes the secrets of deploy/compose.yaml into a folder, once: what is there already stays.
#   deploy/make_secrets.sh deploy/secrets
set -eu
here=$(dirname "$0")
there=${1:?the folder to write, for example deploy/secrets}
password() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

if [ -e "$there/redis.acl" ]; then echo "$there has its secrets already" >&2; exit 1; fi
umask 077
mkdir -p "$there"
bot=$(password) worker=$(password) operator=$(password) scaler=$(password)
sed -e "s/BOT_PASSWORD/$bot/" -e "s/WORKER_PASSWORD/$worker/" -e "s/OPERATOR_PASSWORD/$operator/" \
  -e "s/SCALER_PASSWORD/$scaler/" "$here/redis.acl" > "$there/redis.acl"
for user in bot worker operator; do
  eval "echo TONEFIT_REDIS_URL=redis://$user:\$$user@redis:6379/0" > "$there/$user.env"
done
password > "$there/grafana"
[ -e "$there/token" ] || : > "$there/token"
# The containers' own users read these; nobody else passes the folder.
chmod 0644 "$there/redis.acl" "$there/grafana" "$there/token"
echo "write the bot's token into $there/token"
