#include "train/learner.hpp"

#include <torch/utils.h>

#include "base/autocast.hpp"
#include "seg/train/device.hpp"
#include "seg/train/model.hpp"
#include "seg/train/pseudo_dice.hpp"
#include "train/parameter_groups.hpp"
#include "train/pretrained.hpp"

namespace seg::train {
namespace {

/// @param draw false for a network whose weights are loaded next.
std::shared_ptr<net::Network> make_network(const Task& task, bool draw) {
  torch::manual_seed(task.recipe.seed);
  auto network = network_options(task);
  network.deep_supervision = task.recipe.deep_supervision;
  network.draw_weights = draw;
  return net::build_network(task.configuration.architecture, network);
}

Optimizer optimizer_for(const std::vector<ParameterGroup>& groups, const Recipe& recipe) {
  return make_optimizer(groups, {recipe.optimizer, recipe.learning_rate, recipe.weight_decay,
                                 recipe.momentum, recipe.epsilon, recipe.amsgrad});
}

std::vector<at::Tensor> all_of(const std::vector<ParameterGroup>& groups) {
  std::vector<at::Tensor> parameters;
  for (const auto& group : groups)
    parameters.insert(parameters.end(), group.parameters.begin(), group.parameters.end());
  return parameters;
}

std::vector<at::Tensor> logits_of(net::Network& network, const Machine& machine,
                                  const data::Batch& batch) {
  const Autocast autocast(machine.device, machine.precision);
  return network.forward(batch.data);
}

at::Tensor loss_with_gradients(Learner& learner, const data::Batch& batch) {
  const auto clear_gradients = [&] { learner.optimizer.method->zero_grad(); };
  if (learner.graph) return learner.graph->run(batch, learner.scaler.scale, clear_gradients);
  clear_gradients();
  const auto logits = logits_of(*learner.network, {learner.device, learner.precision}, batch);
  const at::Tensor loss = training_loss(logits, batch.targets, learner.loss_options);
  scaled(learner.scaler, loss).backward();
  return loss;
}

std::shared_ptr<StepGraph> step_graph(const std::shared_ptr<net::Network>& network,
                                      const Machine& machine, const LossOptions& options) {
  return std::make_shared<StepGraph>([=](const data::Batch& batch, const at::Tensor& scale) {
    const auto logits = logits_of(*network, machine, batch);
    const at::Tensor loss = training_loss(logits, batch.targets, options);
    (loss * scale).backward();
    return loss.detach();
  });
}

}  // namespace

Learner make_learner(const Task& task, const TrainOptions& options, const Machine& machine,
                     const Reporter& reporter) {
  // Else cuDNN's backward passes add in any order, and no run could be repeated bit for bit.
  at::globalContext().setDeterministicCuDNN(true);
  at::globalContext().setBenchmarkCuDNN(task.recipe.cudnn_benchmark);
  if (machine.precision == at::kFloat) forbid_tf32();
  auto network = make_network(task, !options.resume);
  if (options.pretrained && !options.resume)
    load_pretrained(*network, pretrained_file(task, options, reporter), reporter);
  network->to(machine.device);
  const auto groups = parameter_groups(*network, task.recipe);
  Learner learner{network,
                  all_of(groups),
                  optimizer_for(groups, task.recipe),
                  LossScaler{machine.precision == at::kHalf},
                  task.loss_options(),
                  machine.device,
                  machine.precision};
  if (StepGraph::can_record(machine.device) && task.recipe.cuda_graphs)
    learner.graph = step_graph(network, machine, learner.loss_options);
  return learner;
}

double train_step(Learner& learner, const data::Batch& batch) {
  const at::Tensor loss = loss_with_gradients(learner, batch);
  clip_and_step(learner.scaler, learner.optimizer, learner.parameters);
  return loss.item<double>();
}

ValidationStep validation_step(Learner& learner, const data::Batch& batch) {
  const torch::NoGradGuard no_gradient;
  const auto logits = logits_of(*learner.network, {learner.device, learner.precision}, batch);
  return {training_loss(logits, batch.targets, learner.loss_options).item<double>(),
          count_overlap(logits[0], batch.targets[0], learner.loss_options)};
}

}  // namespace seg::train
