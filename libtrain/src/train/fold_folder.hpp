#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "seg/net/checkpoint_value.hpp"
#include "seg/plan/files.hpp"
#include "seg/plan/lock.hpp"
#include "seg/plan/reporter.hpp"
#include "seg/train/training_log.hpp"
#include "train/task.hpp"

namespace seg::train {

/// The checkpoint from which the run in a fold's folder goes on: latest, else final, else best.
/// @throws Error when there is none.
std::filesystem::path checkpoint_to_resume(const std::filesystem::path& fold_folder);

/// A checkpoint of a fold's: "final", "best" or "latest", or the path of a file.
/// @throws Error when it is not there.
std::filesystem::path checkpoint_named(const std::filesystem::path& fold_folder,
                                       const std::string& name);

/// What lies in a fold's folder, whoever writes it.
struct FoldFiles {
  bool latest = false, best = false, final = false;  ///< checkpoints
  std::optional<data::Split> split{};                ///< of the run
  Json settings{};                   ///< as FoldFolder::write_settings wrote them, or null
  std::optional<TrainingLog> log{};  ///< of the last finished epoch
  bool log_is_of_this_run = false;   ///< written after the settings
  std::optional<Json> validation{};  ///< summary.json of the final validation
  std::string holder{};              ///< the process that writes here; empty when none does
};

/// Folders of a model's folds in their order; none of those that were only benchmarked.
std::vector<std::filesystem::path> fold_folders(const std::filesystem::path& model);

/// "running", "validated", "trained", "stopped", "cut short" or "empty".
std::string state_of(const FoldFiles& files);

/// @throws Error for files that cannot be read.
FoldFiles read_fold(const std::filesystem::path& fold_folder);

/// What a run writes in its folder beside the validation.
std::vector<std::filesystem::path> files_of_run(const std::filesystem::path& fold_folder,
                                                bool keeps_checkpoints);

/// The checkpoints that are there.
std::vector<std::filesystem::path> checkpoints_in(const std::filesystem::path& fold_folder);

/// Names of the model's other folds that hold a checkpoint.
std::vector<std::string> other_trained_folds(const std::filesystem::path& fold_folder);

/// @throws Error when the folder holds a run that is finished, or one that was stopped and would
/// lose its checkpoints to one that keeps none.
void require_free(const std::filesystem::path& fold_folder, bool keeps_checkpoints);

/// The folder of a fold, which no other run writes while this lives. What a run writes there, and
/// of the model beside it, goes through this type or into validation(); file names stand here only.
class FoldFolder {
 public:
  /// Makes the folder and locks it.
  /// @throws Error naming the process that has it in use.
  FoldFolder(const std::filesystem::path& folder, const Reporter& reporter);
  /// Of a run that another rank leads: neither locks nor writes anything, nor says it.
  static FoldFolder followed(const std::filesystem::path& folder);
  /// From now on what saves a checkpoint writes none.
  void keep_no_checkpoints() { keeps_checkpoints_ = false; }

  const std::filesystem::path& path() const { return folder_; }
  /// Where the final validation leaves its segmentations.
  std::filesystem::path validation() const { return folder_ / "validation"; }
  /// The reporter; its lines also go, each with its time, to training_log.txt at once.
  const Reporter& log() const { return log_; }

  /// split.json: what the fold is trained with, kept with the first checkpoint that is written.
  void keep_split(const data::Split& split) { split_ = split; }
  /// @throws Error when the earlier run, which is to go on, was trained with another split: it has
  /// seen cases that would now validate.
  void require_same_split(const data::Split& split) const;
  /// @throws Error when the folder was removed since, see FolderLock.
  void require_folder() const;

  /// From now on a new run writes here. Files of an earlier one, of which it warns, stay until the
  /// first checkpoint of the new one is written, or would be.
  void start_new_run();

  /// What makes a checkpoint, for who writes it.
  using MakeCheckpoint = std::function<net::Value()>;
  void save_best(const MakeCheckpoint& checkpoint);
  void save_latest(const MakeCheckpoint& checkpoint);
  /// The run is over: the latest one goes.
  void save_final(const MakeCheckpoint& checkpoint);

  /// progress.json and, if it can be drawn, progress.png; else it warns once.
  /// @param classes names of the foreground classes.
  void write_progress(const TrainingLog& log, const std::vector<std::string>& classes);

  /// settings.json: what the run uses, and after how many epochs it began or went on.
  void write_settings(const Recipe& recipe, std::int64_t epoch) const;

  /// What a model needs beside its folds: dataset.json, plans.json and the fingerprint.
  void write_model_files(const Task& task) const;

  /// Adds an entry to benchmark_result.json. @returns that file.
  std::filesystem::path add_benchmark(const std::string& name, const Json& values) const;

 private:
  explicit FoldFolder(const std::filesystem::path& folder) : folder_(folder) {}
  void save(const std::string& name, const MakeCheckpoint& checkpoint);

  std::filesystem::path folder_;
  std::optional<FolderLock> lock_;  ///< none: another process writes
  Reporter log_;
  std::optional<data::Split> split_;
  bool replaces_earlier_run_ = false, keeps_checkpoints_ = true, warned_of_plot_ = false;
};

}  // namespace seg::train
