#!/usr/bin/env bash
# Trains with processes that reach each other only by links of a given speed, then cuts one: network namespaces
# of this machine, joined by a bridge, which are taken down again (as root, with Open MPI's mpirun and iproute2):
#   try_links.sh SEG FOLDER [GBIT...]        links of 10, 1 and 0.1 Gbit/s, and one that is not limited
# Leaves nothing but FOLDER, where the logs lie. Each process computes with one thread.
set -euo pipefail
seg=$(realpath "$1")
mkdir -p "$2"
folder=$(realpath "$2")
speeds=("${@:3}")
[ ${#speeds[@]} -gt 0 ] || speeds=(unlimited 10 1 0.1)
cd "$folder"

[ "$(id -u)" = 0 ] || { echo "try_links: needs root" >&2; exit 1; }
for program in ip tc mpirun python3; do
  command -v $program >/dev/null || { echo "try_links: needs $program" >&2; exit 1; }
done

nodes=3
names=()
for ((node = 0; node <= nodes; ++node)); do names+=("seg-link-$$-$node"); done
hub=${names[0]}
take_down() { for name in "${names[@]}"; do ip netns del "$name" 2>/dev/null || true; done; }
trap take_down EXIT

ip netns add "$hub"
ip -n "$hub" link add switch type bridge
ip -n "$hub" link set switch up
for ((node = 1; node <= nodes; ++node)); do
  name=${names[node]}
  ip netns add "$name"
  ip -n "$name" link set lo up
  ip -n "$hub" link add "to$node" type veth peer name wire netns "$name"
  ip -n "$hub" link set "to$node" master switch up
  ip -n "$name" addr add "10.77.0.$node/24" dev wire
  ip -n "$name" link set wire up
done

limit() {  # both ways of every link, in Gbit/s
  local node end space device
  for ((node = 1; node <= nodes; ++node)); do
    for end in "${names[node]} wire" "$hub to$node"; do
      read -r space device <<<"$end"
      tc -n "$space" qdisc del dev "$device" root 2>/dev/null || true
      if [ "$1" != unlimited ]; then
        tc -n "$space" qdisc add dev "$device" root tbf rate "$(awk "BEGIN{print $1 * 1000}")mbit" \
          burst 2mb latency 50ms
      fi
    done
  done
}

# What one connection carries over a link, in Gbit/s.
carried() {
  ip netns exec "${names[2]}" python3 -c '
import socket
with socket.create_server(("10.77.0.2", 7777)) as server:
    connection, _ = server.accept()
    while connection.recv(1 << 20): pass
    connection.send(b"all")' &
  sleep 1
  ip netns exec "${names[1]}" python3 -c '
import socket, time
with socket.create_connection(("10.77.0.2", 7777)) as connection:
    start, block, count = time.time(), bytes(1 << 20), 0
    while time.time() < start + 2:
        connection.sendall(block)
        count += len(block)
    connection.shutdown(socket.SHUT_WR)
    connection.recv(3)
    print(f"{count * 8e-9 / (time.time() - start):.1f}")'
  wait $!
}

# What mpirun starts its parts on other machines with: here a namespace, under a name of its own.
cat >reach <<REACH
#!/usr/bin/env bash
node=\${1##*.}
shift
exec ip netns exec seg-link-$$-\$node unshare --uts bash -c "hostname link\$node; exec \$*"
REACH
chmod +x reach

together() {  # PROCESSES COMMAND...
  local processes=$1 hosts="" node
  shift
  for ((node = 1; node <= processes; ++node)); do hosts+="${hosts:+,}10.77.0.$node:1"; done
  ip netns exec "${names[1]}" unshare --uts bash -c 'hostname link1; exec "$@"' _ \
    env OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 \
    mpirun --host "$hosts" -np "$processes" --bind-to none --mca plm_rsh_agent "$folder/reach" \
    --mca plm rsh --mca btl_tcp_if_include 10.77.0.0/24 \
    --mca oob_tcp_if_include 10.77.0.0/24 --mca oob_tcp_keepalive_time 10 --mca oob_tcp_keepalive_intvl 5 \
    --mca oob_tcp_keepalive_probes 2 "$@"
}

[ -d data ] || "$seg" example-data data >/dev/null 2>&1
[ -d work ] || "$seg" plan data --work work >/dev/null 2>&1
together 3 "$seg" preprocess work --config 3d >preprocess.log 2>&1 || { cat preprocess.log; exit 1; }
sed -n 's/.*info: preprocessed/three processes preprocessed/p' preprocess.log
settings=(train work --config 3d --fold 0 --threads 1 --device cpu --precision fp32 --val-iterations 1)

echo "== two processes, a batch of two"
for speed in "${speeds[@]}"; do
  limit "$speed"
  echo "$speed Gbit/s: one connection carries $(carried)"
  for numbers in fp32 bf16; do
    log=$speed-$numbers.log
    together 2 "$seg" "${settings[@]}" --name "links-$speed-$numbers-$$" --epochs 2 --iterations 12 --no-checkpoints \
      --gradient-precision $numbers >"$log" 2>&1 || { cat "$log"; exit 1; }
    echo "$speed Gbit/s, $numbers: $(sed -n 's/.*epoch 2[^:]*: \(.* MB a step.*\)/\1/p' "$log")"
  done
done

echo "== three processes, the third one's link is cut"
limit unlimited
settings+=(--name "cut-$$" --epochs 2 --iterations 4 --batch-size 3 --save-every 1)
together 3 "$seg" "${settings[@]}" >cut.log 2>&1 &
run=$!
until compgen -G "work/results/nnUNetTrainer-cut-$$__*/fold_0/checkpoint_latest.pth" >/dev/null; do
  kill -0 $run 2>/dev/null || { cat cut.log; exit 1; }
  sleep 0.2
done
ip -n "$hub" link set to3 down
started=$SECONDS
seconds_of_those_left=never
for ((i = 0; i < 600; ++i)); do  # mpirun itself waits for the machine out of reach
  if [ "$seconds_of_those_left" = never ] && ! pgrep -f -- "^$seg train .*cut-$$ " >/dev/null; then
    seconds_of_those_left=$((SECONDS - started))
  fi
  kill -0 $run 2>/dev/null || break
  sleep 0.2
done
status=0
wait $run || status=$?
echo "the processes ended after $seconds_of_those_left s, mpirun after $((SECONDS - started)) s with $status; lines:"
grep "^error\|lost communication" cut.log || true
"$seg" "${settings[@]}" --resume >resumed.log 2>&1 && status=0 || status=$?
grep -h "resuming" resumed.log || true
echo "a single one went on to its end with $status"
