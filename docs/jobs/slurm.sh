#!/bin/bash
# Train on two hosts of a Slurm cluster, one process per GPU: `sbatch docs/jobs/slurm.sh` in a clone that all hosts see.
# Afterwards commit dvc.lock, metrics and plots there.
#SBATCH --job-name=tagline
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=4
#SBATCH --cpus-per-task=16
#SBATCH --time=08:00:00
#SBATCH --requeue
set -euo pipefail
cd "$SLURM_SUBMIT_DIR"
source .venv/bin/activate

dvc pull --allow-missing
dvc repro tokenize-align
# Both hosts run train.py, the first one under DVC, which alone writes outputs and dvc.lock. Without the run-cache: DVC
# would restore a known result without starting train.py, and the other host would wait for it.
if ! dvc status --quiet train; then
  # torchrun's own variables, by which train.py starts its processes.
  PET_MASTER_ADDR=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
  export PET_MASTER_ADDR PET_MASTER_PORT=$((20000 + SLURM_JOB_ID % 10000))
  srun --kill-on-bad-exit bash -c '
    export PET_NNODES=$SLURM_NNODES PET_NODE_RANK=$SLURM_NODEID
    if [ "$SLURM_NODEID" = 0 ]; then
      dvc repro --single-item --no-run-cache train
    else
      python stages/train.py
    fi'
fi
dvc repro
dvc push
