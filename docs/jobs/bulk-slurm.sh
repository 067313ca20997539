#!/usr/bin/env bash
# Bulk tagging on Slurm: starts Ray on the nodes of the allocation, then `tagline bulk` on the first. Not run yet.
#SBATCH --nodes=8 --ntasks-per-node=1 --exclusive
head=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
srun --nodes=1 --ntasks=1 -w "$head" ray start --head --port 6379 --block &
sleep 20
srun --nodes=$((SLURM_NNODES - 1)) --ntasks=$((SLURM_NNODES - 1)) --exclude="$head" ray start --address "$head:6379" --block &
sleep 20
tagline bulk /scratch/texts /scratch/tagged --address "$head:6379"
