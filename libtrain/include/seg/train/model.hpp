#pragma once

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

/// Channels and outputs of the model's network: in a cascade each foreground label of the previous
/// stage is one more channel.
net::NetworkOptions network_options(const Model& model);

/// Loads FOLDER/fold_K/checkpoint_NAME.pth for each fold; folds "all" takes all numbered ones there
/// are, else fold_all. Weights are on the CPU.
/// @throws Error when the folder is no model, a fold is missing, or a checkpoint is of another
/// network.
Model load_model(const std::filesystem::path& folder, const std::vector<std::string>& folds,
                 const std::string& checkpoint);

}  // namespace seg::train
