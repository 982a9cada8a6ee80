#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "seg/data/ranks.hpp"
#include "seg/plan/files.hpp"
#include "seg/train/training_log.hpp"

namespace seg::train {

/// An epoch of a run: the `number`th that is finished, of `epochs`.
struct FinishedEpoch {
  std::int64_t number = 0, epochs = 0;
  EpochResult result;
  double mean_dice = 0, moving_average = 0;  ///< pseudo Dice of the foreground
};

/// Options of one training run.
struct TrainOptions {
  std::string configuration = "3d_fullres";
  std::string fold = "0";
  std::string plans_name;  ///< empty: WORK/plans.json; see data::WorkFolder::plans
  /// Whose settings count, of configs/trainers.json; the model's folder is named after it.
  std::string trainer = "nnUNetTrainer";
  /// Of the run, for a folder beside those of others; empty: none. See trainer_in_folder().
  std::string name;
  /// Settings that shall be others, see training_settings(). What they do not say is taken from
  /// config_file, the interrupted run (resume), the trainer, the plan, and nnU-Net's recipe, in
  /// this order.
  Json settings = Json::object();
  std::string settings_origin = "options";  ///< what messages call them
  std::optional<std::filesystem::path> config_file;
  std::string device = "auto";      ///< auto, cpu, cuda, cuda:N
  std::string precision = "auto";   ///< auto, fp32, bf16, fp16
  int threads = 0;                  ///< 0: all cores
  int preprocess_jobs = 0;          ///< first preprocess what is missing, so many cases at a time
  bool save_probabilities = false;  ///< of the validation cases, for ensembles
  std::int64_t memory = 0;          ///< bytes that the process may take, see data::memory_to_use()
  bool resume = false;
  bool overwrite = false;        ///< replace a finished run
  bool keep_checkpoints = true;  ///< else no checkpoint is written: for trials
  /// The checkpoint that validate() takes: final, best, latest, or a file.
  std::string checkpoint = "final";
  data::Ranks* ranks = nullptr;           ///< that train together; null: this process alone
  std::optional<std::string> pretrained;  ///< checkpoint to start from: a file or a URL
  std::function<void(const FinishedEpoch&)> on_epoch{};  ///< called when its files are written
  std::optional<std::string> pretrained_sha256;  ///< that it must have, as 64 hexadecimal digits
};

}  // namespace seg::train
