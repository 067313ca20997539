"""The engine ``accelerate``: the loop written out, on whatever devices and processes accelerate finds."""

from __future__ import annotations

from accelerate import Accelerator

from tagline.training.training import Training


def run(training: Training) -> None:
    """See `Engine`."""
    accelerator = Accelerator(mixed_precision=training.mixed_precision)
    optimizer = training.optimizer(training.model, accelerator.device)
    model, optimizer = accelerator.prepare(training.model, optimizer)
    # Not prepared: accelerate would step it once for each process.
    schedule = training.schedule(optimizer)
    most = training.params.max_grad_norm
    training.begin(accelerator, schedule)
    for epoch in training.epochs_left:
        model.train()
        for step in training.epoch(epoch):
            loss = training.backward(model, step)
            if most is not None:
                accelerator.clip_grad_norm_(model.parameters(), most)
            optimizer.step()
            # fp16 leaves a step out where its gradients overflow, and tries the next with a smaller scale.
            if not accelerator.optimizer_step_was_skipped:
                schedule.step()
            optimizer.zero_grad()
            training.after_step(step, loss)
        if training.after_epoch(model):
            break
    training.end()
