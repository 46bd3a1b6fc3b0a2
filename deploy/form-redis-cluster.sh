#!/bin/sh
# Makes one Redis Cluster of empty nodes, or brings one together again whose nodes have other addresses than before.
# usage: form-redis-cluster.sh HOST:PORT HOST:PORT HOST:PORT …
set -eu

addresses=''
for node in "$@"; do
  host=${node%:*} port=${node##*:}
  until [ "$(redis-cli -h "$host" -p "$port" ping)" = PONG ]; do sleep 1; done
  # Nodes know each other by address, not by name.
  addresses="$addresses $(getent hosts "$host" | awk '{ print $1; exit }'):$port"
done

first_host=${1%:*} first_port=${1##*:}
if redis-cli -h "$first_host" -p "$first_port" cluster info | grep -q '^cluster_slots_assigned:0'; then
  # shellcheck disable=SC2086
  exec redis-cli --cluster create $addresses --cluster-yes
fi
for address in $addresses; do
  redis-cli -h "$first_host" -p "$first_port" cluster meet "${address%:*}" "${address##*:}"
done
