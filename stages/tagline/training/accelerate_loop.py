"""The engine ``accelerate``: a plain training loop."""

from accelerate import Accelerator

from tagline.training.training import Training


def run(training: Training) -> None:
    accelerator = Accelerator(mixed_precision=training.mixed_precision)
    optimizer = training.optimizer(accelerator.device)
    model, optimizer = accelerator.prepare(training.model, optimizer)
    # Not prepared: accelerate would step it once per process.
    schedule = training.schedule(optimizer)
    max_norm = training.params.max_grad_norm
    training.begin(accelerator, schedule)
    for epoch in training.epochs_left:
        model.train()
        for step in training.epoch(epoch):
            loss = training.backward(model, step)
            if max_norm is not None:
                accelerator.clip_grad_norm_(model.parameters(), max_norm)
            optimizer.step()
            schedule.step()  # also if gradients overflow in fp16, and the fused kernel leaves the weights as they are
            optimizer.zero_grad()
            training.after_step(step, loss)
        training.after_epoch(model)
    training.end()
