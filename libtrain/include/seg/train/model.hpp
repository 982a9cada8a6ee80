#pragma once

#include <ATen/ATen.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "seg/net/network.hpp"
#include "seg/plan/dataset.hpp"
#include "seg/plan/labels.hpp"
#include "seg/plan/plans.hpp"

namespace seg::train {

/// A trained model folder (ours or nnU-Net's): what it segments and the networks of the asked
/// folds.
struct Model {
  plan::Dataset dataset;
  plan::Plans plans;
  plan::Configuration configuration;
  plan::Labels labels;
  std::vector<std::shared_ptr<net::Network>>
      networks;                  ///< one per fold, in eval mode, deep supervision off
  std::vector<int> mirror_axes;  ///< axes that test-time mirroring may flip
};

/// Channels and outputs of a configuration's network: in a cascade each foreground label of the
/// previous stage is one more channel.
net::NetworkOptions network_options(const plan::Dataset& dataset, const plan::Labels& labels,
                                    const plan::Configuration& configuration);

/// The network's input: the preprocessed scan [C, Z, Y, X] and, in a cascade, one more channel for
/// each foreground label of the previous stage.
/// @param previous int [1, Z, Y, X] on the same grid; undefined outside a cascade.
at::Tensor network_input(const at::Tensor& data, const at::Tensor& previous,
                         const plan::Labels& labels);

/// Loads FOLDER/fold_K/checkpoint_NAME.pth for each fold; folds "all" takes all numbered ones there
/// are, else fold_all. Weights are on the CPU.
/// @throws Error when the folder is no model, a fold is missing, or a checkpoint is of another
/// network.
Model load_model(const std::filesystem::path& folder, const std::vector<std::string>& folds,
                 const std::string& checkpoint);

}  // namespace seg::train
