#include "train/learner.hpp"

#include <torch/utils.h>

#include <set>

#include "base/autocast.hpp"
#include "base/download.hpp"
#include "seg/net/pretrained.hpp"
#include "seg/net/shared_batch.hpp"
#include "seg/net/weights.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/joined.hpp"
#include "seg/train/device.hpp"
#include "seg/train/model.hpp"
#include "seg/train/pseudo_dice.hpp"
#include "seg/train/sha256.hpp"
#include "seg/train/whole_batch.hpp"

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

std::filesystem::path downloaded(const std::string& url, const std::filesystem::path& folder,
                                 const Reporter& reporter) {
  const auto file = folder / file_name_of(url);
  if (!std::filesystem::exists(file)) {
    reporter.say("downloading " + url);
    download(url, file);
  }
  return file;
}

/// The checkpoint to start from; one at a URL is downloaded into WORK/pretrained unless it is
/// there.
std::filesystem::path pretrained_file(const Task& task, const Reporter& reporter) {
  const TrainOptions& options = task.options;
  const std::filesystem::path file =
      is_url(*options.pretrained)
          ? downloaded(*options.pretrained, task.work.root / "pretrained", reporter)
          : std::filesystem::path(*options.pretrained);
  if (options.pretrained_sha256) check_sha256(file, *options.pretrained_sha256);
  return file;
}

/// Starts from its weights as far as they fit, see net::load_pretrained; the segmentation heads
/// stay freshly drawn, as nnU-Net does.
void load_pretrained(net::Network& network, const std::filesystem::path& file,
                     const Reporter& reporter) {
  const auto report = net::load_pretrained(network, file);
  reporter.say("starting from " + file.string());
  for (const auto& line : net::summary(report)) reporter.say("  " + line);
}

std::string first_parts(const net::Network& network) {
  std::set<std::string> parts;
  for (const auto& entry : network.named_parameters())
    parts.insert(entry.key().substr(0, entry.key().find('.')));
  return joined(parts);
}

void freeze(const net::Network& network, const std::string& prefix) {
  bool found = false;
  for (const auto& entry : network.named_parameters()) {
    if (!entry.key().starts_with(prefix)) continue;
    entry.value().set_requires_grad(false);
    found = true;
  }
  if (!found)
    throw Error(SettingValue{"freeze", prefix}, "no parameter begins with that",
                "names begin with " + first_parts(network));
}

/// The parameters that a recipe trains, in the network's order: one group, or the body at
/// head_lr_factor times the rate and the segmentation heads. Those that "freeze" names stop needing
/// gradients and are left out.
std::vector<ParameterGroup> parameter_groups(net::Network& network, const Recipe& recipe) {
  for (const auto& prefix : recipe.freeze) freeze(network, prefix);
  const bool split = recipe.head_lr_factor != 1;
  ParameterGroup body{{}, recipe.head_lr_factor}, heads{{}, 1};
  for (const auto& entry : network.named_parameters()) {
    if (!entry.value().requires_grad()) continue;
    auto& group = split && net::is_head(network, entry.key()) ? heads : body;
    group.parameters.push_back(entry.value());
  }
  if (body.parameters.empty() && heads.parameters.empty())
    throw Error(SettingValue{"freeze", ""}, "leaves nothing to train",
                "name fewer parts of the network");
  return {body, heads};
}

/// The encoder's, if the recipe lets the decoder learn first.
std::vector<at::Tensor> resting_parameters(const net::Network& network, const Recipe& recipe) {
  std::vector<at::Tensor> encoder;
  if (recipe.decoder_warm_up_epochs == 0) return encoder;
  for (const auto& entry : network.named_parameters())
    if (entry.key().starts_with("encoder.") && entry.value().requires_grad())
      encoder.push_back(entry.value());
  if (encoder.empty())
    throw Error(
        SettingValue{"decoder_warm_up_epochs", std::to_string(recipe.decoder_warm_up_epochs)},
        "needs a network with an encoder that is trained, by this name", "leave it at 0");
  return encoder;
}

Optimizer optimizer_for(const std::vector<ParameterGroup>& groups, const Recipe& recipe) {
  return make_optimizer(groups, {.name = recipe.optimizer,
                                 .learning_rate = recipe.learning_rate,
                                 .weight_decay = recipe.weight_decay,
                                 .momentum = recipe.momentum,
                                 .epsilon = recipe.epsilon,
                                 .amsgrad = recipe.amsgrad});
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

void require_pretrained(const TrainOptions& options) {
  if (!options.pretrained || is_url(*options.pretrained)) return;
  const std::filesystem::path file = *options.pretrained;
  if (!std::filesystem::is_regular_file(file))
    throw Error(ErrorKind::not_found,
                {file.string(), "is no file", "give a checkpoint to start from"});
  if (options.pretrained_sha256) check_sha256(file, *options.pretrained_sha256);
}

Learner make_learner(const Task& task, const Machine& machine, const Reporter& reporter) {
  // Else cuDNN's backward passes add in any order, and no run could be repeated bit for bit.
  at::globalContext().setDeterministicCuDNN(true);
  at::globalContext().setBenchmarkCuDNN(task.recipe.cudnn_benchmark);
  if (machine.precision == at::kFloat) forbid_tf32();
  const TrainOptions& options = task.options;
  auto network = make_network(task, !options.resume);
  if (options.pretrained && !options.resume)
    load_pretrained(*network, pretrained_file(task, reporter), reporter);
  network->to(machine.device);
  const auto groups = parameter_groups(*network, task.recipe);
  Learner learner{.network = network,
                  .parameters = all_of(groups),
                  .resting = resting_parameters(*network, task.recipe),
                  .optimizer = optimizer_for(groups, task.recipe),
                  .scaler = {.enabled = machine.precision == at::kHalf},
                  .loss_options = task.loss_options(),
                  .device = machine.device,
                  .precision = machine.precision};
  // A recorded step has the gradients of the parameters that it was recorded with.
  if (StepGraph::can_record(machine.device) && task.recipe.cuda_graphs && learner.resting.empty())
    learner.graph = step_graph(network, machine, learner.loss_options);
  return learner;
}

void take_over_weights(const Learner& learner, data::Ranks& ranks) {
  const at::NoGradGuard no_gradient;
  for (const auto& [name, tensor] : net::state_dict(*learner.network)) {
    const at::Tensor values = tensor.detach().cpu().contiguous();
    ranks.take_over(values);
    if (!values.is_same(tensor)) tensor.detach().copy_(values);
  }
}

void share_batches(Learner& learner, const Recipe& recipe, data::Ranks& ranks) {
  take_over_weights(learner, ranks);
  learner.graph.reset();
  learner.loss_options.ranks = &ranks;
  net::share_batch_norms(*learner.network, [&ranks](const at::Tensor& own) { ranks.sum(own); });
  const bool half = recipe.gradient_precision == "bf16";
  learner.exchange = std::make_shared<GradientExchange>(learner.parameters,
                                                        half ? at::kBFloat16 : at::kFloat, ranks);
}

at::Tensor loss_with_gradients(Learner& learner, const data::Batch& batch) {
  const auto clear_gradients = [&] { learner.optimizer.method->zero_grad(); };
  if (learner.graph) return learner.graph->run(batch, learner.scaler.scale, clear_gradients);
  clear_gradients();
  const auto logits = logits_of(*learner.network, {learner.device, learner.precision}, batch);
  const at::Tensor loss = training_loss(logits, batch.targets, learner.loss_options);
  scaled(learner.scaler, loss).backward();
  if (learner.exchange) learner.exchange->finish();
  return loss;
}

double train_step(Learner& learner, const data::Batch& batch) {
  const at::Tensor loss = loss_with_gradients(learner, batch);
  clip_and_step(learner.scaler, learner.optimizer, learner.parameters);
  return loss.item<double>();
}

ValidationStep validation_step(Learner& learner, const data::Batch& batch) {
  const torch::NoGradGuard no_gradient;
  const auto logits = logits_of(*learner.network, {learner.device, learner.precision}, batch);
  const at::Tensor loss = training_loss(logits, batch.targets, learner.loss_options);
  const at::Tensor counts = count_overlap(logits[0], batch.targets[0], learner.loss_options);
  return {loss.item<double>(), sum_of_ranks(counts, learner.loss_options.ranks)};
}

}  // namespace seg::train
