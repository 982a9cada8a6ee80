#!/usr/bin/env bash
# Tries the files of this folder on a Slurm of one machine, which it sets up, uses and takes down again
# (as root, on Debian or Ubuntu): try_slurm.sh SEG FOLDER. Leaves nothing but FOLDER, where the logs lie.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
seg=$(realpath "$1")
mkdir -p "$2"
folder=$(realpath "$2")
cd "$folder"

[ "$(id -u)" = 0 ] || { echo "try_slurm: needs root" >&2; exit 1; }
command -v slurmctld >/dev/null ||
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends slurm-wlm munge >/dev/null

processes=()
take_down() {
  for ((i = ${#processes[@]} - 1; i >= 0; --i)); do kill "${processes[i]}" 2>/dev/null || true; done
  wait 2>/dev/null || true
}
trap take_down EXIT

start() {  # a daemon in the foreground, whose process is ours to end
  "$@" >"$folder/$(basename "$1").log" 2>&1 &
  processes+=($!)
}

mkdir -p munge state spool
chmod 700 munge
dd if=/dev/urandom of=munge/key bs=64 count=1 status=none
chmod 400 munge/key
start munged --foreground --force --key-file "$folder/munge/key" --socket "$folder/munge/socket" \
  --pid-file "$folder/munge/pid" --seed-file "$folder/munge/seed" --log-file "$folder/munge/log"

cores=$(nproc)
node=$(hostname -s)
export SLURM_CONF=$folder/slurm.conf
cat >"$SLURM_CONF" <<CONF
ClusterName=tried
SlurmctldHost=$node
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge/socket
CredType=cred/munge
SlurmctldPort=16817
SlurmdPort=16818
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=pmix
JobRequeue=1
KillWait=60
MinJobAge=3600
SchedulerParameters=requeue_delay=5
NodeName=$node NodeAddr=127.0.0.1 CPUs=$cores State=UNKNOWN
PartitionName=all Nodes=$node Default=YES OverSubscribe=FORCE:4 MaxTime=INFINITE State=UP
CONF
start slurmctld -D
start slurmd -D
for ((i = 0; i < 30; ++i)); do
  if sinfo -h -o %t 2>/dev/null | grep -q idle; then break; fi
  sleep 1
done
sinfo

state_of() { scontrol show job "$1" 2>/dev/null | sed -n 's/.*JobState=\([A-Z]*\).*/\1/p' | tail -1; }
wait_for() {
  while [[ $(state_of "$1") =~ PENDING|RUNNING|COMPLETING|REQUEUED ]]; do sleep 1; done
  echo "job $1: $(state_of "$1")"
}

"$seg" example-data data >/dev/null 2>&1
"$seg" plan data --work work >/dev/null 2>&1
"$seg" preprocess work --config 2d >/dev/null 2>&1
export WORK=$folder/work SEG=$seg CONFIG=2d CONFIG_FOLDER=2d
export SETTINGS="--epochs 2 --iterations 5 --val-iterations 1 --batch-size 4 --threads 1"

echo "== one fold, two processes"
job=$(NAME=two FOLD=0 sbatch --parsable --export=ALL --cpus-per-task=1 "$here/one_fold.sbatch")
wait_for "$job"
grep -h "processes that share it\|model:" "seg-seg-fold-$job.log"

echo "== folds 0 and 1 as an array; the first is asked to leave, and goes on from the queue"
export SETTINGS="--epochs 3 --iterations 20 --val-iterations 1 --batch-size 4 --threads 1"
job=$(NAME=array sbatch --parsable --export=ALL --array=0-1 --cpus-per-task=1 "$here/folds.sbatch")
until compgen -G "work/results/nnUNetTrainer-array__*/fold_0/progress.json" >/dev/null; do sleep 0.2; done
scancel --signal=TERM --batch "${job}_0"
wait_for "${job}_1"
wait_for "${job}_0"
grep -h "stopped; resuming\|resuming from\|model:" seg-seg-folds-"$job"_*.log

echo "== prediction as an array of two"
model=$(compgen -G "$folder/work/results/nnUNetTrainer-array__*")
job=$(MODEL=$model INPUT=$folder/data/imagesTs OUTPUT=$folder/segmentations \
  sbatch --parsable --export=ALL --array=0-1 --cpus-per-task=1 "$here/predict.sbatch")
wait_for "${job}_0"
wait_for "${job}_1"
ls segmentations/*.nii.gz
