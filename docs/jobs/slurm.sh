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
if ! dvc status --quiet train; then
  address=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1):$((20000 + SLURM_JOB_ID % 10000))
  srun --kill-on-bad-exit torchrun --nnodes "$SLURM_NNODES" --nproc-per-node "$SLURM_GPUS_ON_NODE" \
    --rdzv-backend c10d --rdzv-endpoint "$address" --rdzv-id "$SLURM_JOB_ID" stages/train.py
  dvc commit --force train
fi
dvc repro
dvc push
