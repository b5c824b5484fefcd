"""sb3-contrib's RecurrentPPO on CartPole: states are kept between calls, and reset by a mask where an episode ends.

Axes: T = 64 timesteps of a rollout.
"""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from side_by_side import STEPS, both, needed

import core

sb3_contrib = needed("sb3_contrib")
callbacks = needed("stable_baselines3.common.callbacks")
ROLLOUT = 64


def learner(**options):
    """A learner with a small policy of two LSTMs, for actor and critic."""
    return sb3_contrib.RecurrentPPO(
        "MlpLstmPolicy",
        "CartPole-v1",
        n_steps=ROLLOUT,
        policy_kwargs=dict(lstm_hidden_size=16, net_arch=[16]),
        seed=0,
        device="cpu",
        **options,
    )


class LookingAtEachUpdate(callbacks.BaseCallback):
    """Looks at the forward and backward pass of each update; there is one after each rollout."""

    def __init__(self, look):
        super().__init__()
        self.look = look

    def _on_training_start(self):
        self.model.policy.optimizer.register_step_pre_hook(lambda *step: self._before_step())
        self.model.policy.optimizer.register_step_post_hook(lambda optimizer, *step: self._after_step(optimizer))

    def _on_step(self):
        return True

    def _on_rollout_start(self):
        self._note_loss()

    def _on_rollout_end(self):
        self.block = self.look(self.model.policy)
        self.block.__enter__()

    def _on_training_end(self):
        self._note_loss()

    def _before_step(self):
        self.block.__exit__(None, None, None)
        self.look.before_step()

    def _after_step(self, optimizer):
        self.look.after_step(optimizer, states=self.model._last_lstm_states)

    def _note_loss(self):
        if self.look.diary:
            self.look.note(loss=self.logger.name_to_value["train/loss"])


def one_update_a_rollout(look):
    learner(batch_size=ROLLOUT, n_epochs=1).learn(STEPS * ROLLOUT, callback=LookingAtEachUpdate(look))


def several_updates_under_one_watch(look):
    """Rollouts without gradients, and minibatches of 32 timesteps in two epochs, all inside one block."""
    model = learner(batch_size=32, n_epochs=2)

    def before_step(*step):
        look.read()
        look.before_step()

    model.policy.optimizer.register_step_pre_hook(before_step)
    model.policy.optimizer.register_step_post_hook(lambda optimizer, *step: look.after_step(optimizer))
    with look.around(model.policy):
        model.learn(STEPS // 4 * ROLLOUT)


@dataclass(frozen=True)
class Minibatch:
    """One rollout of 64 timesteps, as a policy is trained with it."""

    policy: torch.nn.Module
    observations: torch.Tensor
    actions: torch.Tensor
    states: tuple
    episode_starts: torch.Tensor
    """1 where an episode starts, shape (T,)."""

    def loss(self) -> torch.Tensor:
        """The policy's own forward pass: values and log-probabilities of all 64 timesteps, as one sequence."""
        values, log_probs, entropy = self.policy.evaluate_actions(
            self.observations, self.actions, self.states, self.episode_starts
        )
        return (values.flatten() - 1).square().mean() - log_probs.mean() - 0.01 * entropy.mean()


def minibatch() -> Minibatch:
    """A rollout in the order in which it came, so that its episodes end on the way."""
    model = learner(batch_size=ROLLOUT, n_epochs=1)
    model.learn(2 * ROLLOUT)
    model.policy.set_training_mode(True)
    rollout = model.rollout_buffer
    data = rollout._get_samples(np.arange(ROLLOUT), env_change=np.zeros((ROLLOUT, 1)))
    first = data.lstm_states
    states = type(first)(*(tuple(state[:, :1] for state in pair) for pair in first))
    starts = torch.tensor(rollout.episode_starts).flatten()
    return Minibatch(
        model.policy,
        torch.tensor(rollout.observations).flatten(0, -2),
        torch.tensor(rollout.actions).long().flatten(),
        states,
        starts,
    )


def test_the_span_of_a_policy_ends_where_episodes_end():
    batch = minibatch()
    starts = batch.episode_starts.bool().numpy()
    assert 1 < starts[1:].sum() < 10
    with core.watch(batch.policy) as watched:
        batch.loss().backward()
    for name in watched.names:
        span = watched.span(name, again=batch.loss)
        assert span.steps == ROLLOUT
        assert span.cuts == ()
        assert np.array_equal(span.resets[0, 1:], starts[1:])
        assert span.back == ROLLOUT - np.flatnonzero(starts)[-1]
        assert span.proofs and all(proof.holds for proof in span.proofs)


CASES = [one_update_a_rollout, several_updates_under_one_watch]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case.__name__)
def pair(request):
    return both(request.param, layers=("lstm_actor", "lstm_critic"))


def test_recurrent_ppo_trains_as_without_watch(pair):
    assert len(pair.plain.diary) == STEPS
    assert pair.differences() == []


def test_actor_and_critic_are_seen_at_every_update(pair):
    assert pair.faults() == []


def test_receipts_of_recurrent_ppo_agree(pair):
    assert pair.bad_receipts() == []
