#pragma once

#include <ATen/ATen.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "seg/net/network.hpp"
#include "seg/plan/experiment.hpp"
#include "seg/plan/reporter.hpp"

namespace seg::train {

/// Which of a model folder's weights are meant.
struct ModelChoice {
  std::vector<std::string> folds{"all"};  ///< "all": every numbered fold there is, else fold_all
  std::string checkpoint = "final";       ///< final, best, latest, or a file's name
};

/// A trained model folder (ours or nnU-Net's): what it segments, and the networks of its folds.
struct Model : plan::Experiment {
  std::vector<int> mirror_axes;                         ///< axes that test-time mirroring may flip
  std::vector<std::filesystem::path> checkpoints;       ///< one per fold
  std::vector<std::shared_ptr<net::Network>> networks;  ///< the same, in eval mode, without deep
                                                        ///< supervision
};

/// Channels and outputs of a configuration's network: in a cascade each foreground label of the
/// previous stage is one more channel.
net::NetworkOptions network_options(const plan::Experiment& experiment);

/// The network's input: the preprocessed scan [C, Z, Y, X] and, in a cascade, one more channel for
/// each foreground label of the previous stage.
/// @param previous int [1, Z, Y, X] on the same grid; undefined outside a cascade.
at::Tensor network_input(const at::Tensor& data, const at::Tensor& previous,
                         const plan::Labels& labels);

/// @throws Error for a folder that is not there, with the nearest that is, for a work folder, with
/// the models in it, and for one without plans.json and dataset.json.
void require_model_folder(const std::filesystem::path& folder);

/// The models that are meant by a folder or file near them, such as a fold, a model's results or a
/// work folder; empty where there are none.
std::string models_near(const std::filesystem::path& given);

/// Reads all of a model folder but the weights: `networks` is empty.
/// @throws Error when the folder is no model, its plans cannot be used, or a fold is missing.
Model describe_model(const std::filesystem::path& folder, const ModelChoice& choice = {},
                     const Reporter& reporter = {});

/// Reads the weights of model.checkpoints, onto the CPU.
/// @throws Error when a checkpoint is of another network.
void load_networks(Model& model);

/// Both.
Model load_model(const std::filesystem::path& folder, const ModelChoice& choice = {},
                 const Reporter& reporter = {});

}  // namespace seg::train
