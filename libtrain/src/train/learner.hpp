#pragma once

#include <memory>

#include "seg/data/augment.hpp"
#include "seg/net/network.hpp"
#include "seg/plan/reporter.hpp"
#include "seg/train/loss_scaler.hpp"
#include "seg/train/optimizer.hpp"
#include "train/gradient_exchange.hpp"
#include "train/step_graph.hpp"
#include "train/task.hpp"

namespace seg::train {

/// The network with what trains it, on its device.
struct Learner {
  std::shared_ptr<net::Network> network;
  std::vector<at::Tensor> parameters;  ///< that are trained
  std::vector<at::Tensor> resting{};   ///< those of them that the decoder's warm-up leaves alone
  Optimizer optimizer;
  LossScaler scaler;
  LossOptions loss_options;
  at::Device device = at::kCPU;
  at::ScalarType precision = at::kFloat;
  std::shared_ptr<StepGraph> graph{};            ///< none: each operation is started by itself
  std::shared_ptr<GradientExchange> exchange{};  ///< none: nobody shares the batch
};

/// Where and in which arithmetic a run computes.
struct Machine {
  at::Device device = at::kCPU;
  at::ScalarType precision = at::kFloat;
};

/// Builds the network with weights drawn from the recipe's seed, or taken from options.pretrained
/// (what was taken over is reported). To be resumed, it waits for a checkpoint's weights.
/// @throws Error when the file is missing, has another checksum or fits in nothing, and for frozen
/// parameters that do not exist or leave nothing to train.
Learner make_learner(const Task& task, const Machine& machine, const Reporter& reporter);

/// A file of pretrained weights must be there, and be the right one; what comes from a URL is seen
/// when it is downloaded. @throws Error.
void require_pretrained(const TrainOptions& options);

/// From now on each batch is that of all ranks: losses, counts, gradients and the network's batch
/// norms are of the whole. All ranks get the first one's weights.
void share_batches(Learner& learner, const Recipe& recipe, data::Ranks& ranks);

/// Gives all ranks the first one's weights and running means, bit for bit.
void take_over_weights(const Learner& learner, data::Ranks& ranks);

/// Forward and backward: the parameters get their gradients. @returns the loss.
at::Tensor loss_with_gradients(Learner& learner, const data::Batch& batch);

/// Forward, backward, step. @returns the loss.
double train_step(Learner& learner, const data::Batch& batch);

struct ValidationStep {
  double loss = 0;
  at::Tensor counts;  ///< see count_overlap()
};

/// Loss and hard overlap of a batch, weights untouched.
ValidationStep validation_step(Learner& learner, const data::Batch& batch);

}  // namespace seg::train
