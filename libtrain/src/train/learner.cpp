#include "learner.hpp"

#include <torch/utils.h>

#include "autocast.hpp"
#include "pretrained.hpp"
#include "seg/train/model.hpp"
#include "seg/train/pseudo_dice.hpp"

namespace seg::train {
namespace {

std::shared_ptr<net::Network> make_network(const Task& task, const TrainOptions& options) {
  torch::manual_seed(options.seed);
  auto network = network_options(task.dataset, task.labels, task.configuration);
  network.deep_supervision = options.deep_supervision;
  return net::build_network(task.configuration.architecture, network);
}

std::vector<at::Tensor> logits_of(Learner& learner, const data::Batch& batch) {
  const Autocast autocast(learner.device, learner.precision);
  return learner.network->forward(batch.data);
}

}  // namespace

Learner make_learner(const Task& task, const TrainOptions& options, const Machine& machine,
                     const Reporter& reporter) {
  // Else cuDNN's backward passes add in any order, and no run could be repeated bit for bit.
  at::globalContext().setDeterministicCuDNN(true);
  auto network = make_network(task, options);
  if (options.pretrained) load_pretrained(*network, *options.pretrained, reporter);
  network->to(machine.device);
  const auto parameters = network->parameters();
  return {
      network,
      parameters,
      make_optimizer(parameters, {options.learning_rate, options.weight_decay, options.momentum}),
      LossScaler{machine.precision == at::kHalf},
      task.loss_options(),
      machine.device,
      machine.precision};
}

double train_step(Learner& learner, const data::Batch& batch) {
  learner.optimizer.zero_grad();
  const auto loss =
      deep_supervision_loss(logits_of(learner, batch), batch.targets, learner.loss_options);
  scaled(learner.scaler, loss).backward();
  clip_and_step(learner.scaler, learner.optimizer, learner.parameters);
  return loss.item<double>();
}

ValidationStep validation_step(Learner& learner, const data::Batch& batch) {
  const torch::NoGradGuard no_gradient;
  const auto logits = logits_of(learner, batch);
  return {deep_supervision_loss(logits, batch.targets, learner.loss_options).item<double>(),
          count_overlap(logits[0], batch.targets[0], learner.loss_options)};
}

}  // namespace seg::train
