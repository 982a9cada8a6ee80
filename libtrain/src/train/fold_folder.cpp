#include "train/fold_folder.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <fstream>
#include <iomanip>
#include <utility>

#include "base/sorted_entries.hpp"
#include "seg/net/checkpoint_file.hpp"
#include "seg/plan/error.hpp"
#include "seg/train/progress_plot.hpp"

namespace seg::train {
namespace fs = std::filesystem;
namespace {

constexpr char kSplit[] = "split.json";
constexpr char kLatest[] = "checkpoint_latest.pth";
constexpr char kFinal[] = "checkpoint_final.pth";
constexpr char kBest[] = "checkpoint_best.pth";
constexpr char kProgress[] = "progress.json";
constexpr char kSettings[] = "settings.json";
constexpr char kBenchmark[] = "benchmark_result.json";
constexpr char kLog[] = "training_log.txt";
constexpr char kPlot[] = "progress.png";
constexpr std::array<const char*, 3> kCheckpoints{kLatest, kFinal, kBest};  // as they are resumed

fs::path summary_in(const fs::path& fold_folder) {
  return fold_folder / "validation" / "summary.json";
}

void append_line(const fs::path& file, const std::string& line) {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm local{};
  localtime_r(&now, &local);
  std::ofstream stream(file, std::ios::app);
  stream << std::put_time(&local, "%F %T") << "  " << line << std::endl;
  if (!stream) throw cannot_write(file);
}

Reporter writing_to(const fs::path& file, const Reporter& reporter) {
  return {.info =
              [file, reporter](const std::string& line) {
                append_line(file, line);
                reporter.say(line);
              },
          .warning =
              [file, reporter](const std::string& line) {
                append_line(file, "warning: " + line);
                reporter.warn(line);
              },
          .progress = reporter.progress,
          .detail = reporter.detail};
}

}  // namespace

fs::path checkpoint_to_resume(const fs::path& fold_folder) {
  for (const char* name : kCheckpoints)
    if (fs::exists(fold_folder / name)) return fold_folder / name;
  throw Error(ErrorKind::not_found, {fold_folder.string(), "there is no checkpoint to resume from",
                                     "start a new training without `resume`"});
}

fs::path checkpoint_named(const fs::path& fold_folder, const std::string& name) {
  const bool known = name == "final" || name == "best" || name == "latest";
  const fs::path file = known ? fold_folder / ("checkpoint_" + name + ".pth") : fs::path(name);
  if (!fs::is_regular_file(file))
    throw Error(ErrorKind::not_found,
                {file.string(), "is not there",
                 checkpoints_in(fold_folder).empty()
                     ? "the fold has no checkpoint: train it, and keep them"
                     : "name another checkpoint: final, best, latest or a file"});
  return file;
}

std::vector<fs::path> fold_folders(const fs::path& model) {
  std::vector<fs::path> folds;
  for (const fs::path& entry : sorted_entries(model))
    if (entry.filename().string().starts_with("fold_") && fs::is_directory(entry) &&
        !fs::exists(entry / kBenchmark))
      folds.push_back(entry);
  std::ranges::stable_sort(folds, {}, [](const fs::path& fold) {
    return fold.filename().string().size();  // fold_10 after fold_9
  });
  return folds;
}

std::vector<std::string> other_trained_folds(const fs::path& fold_folder) {
  std::vector<std::string> names;
  for (const fs::path& fold : fold_folders(fold_folder.parent_path()))
    if (fold.filename() != fold_folder.filename() && !checkpoints_in(fold).empty())
      names.push_back(fold.filename().string());
  return names;
}

std::string state_of(const FoldFiles& files) {
  if (!files.holder.empty()) return "running";
  if (files.final) return files.validation ? "validated" : "trained";
  if (files.latest || files.best) return "stopped";
  if (files.validation) return "validated";  // a trial keeps no checkpoint
  return files.log ? "cut short" : "empty";
}

FoldFiles read_fold(const fs::path& folder) {
  FoldFiles files;
  files.latest = fs::exists(folder / kLatest);
  files.best = fs::exists(folder / kBest);
  files.final = fs::exists(folder / kFinal);
  const fs::path settings = folder / kSettings, progress = folder / kProgress;
  const fs::path summary = summary_in(folder);
  if (fs::exists(settings)) files.settings = read_json(settings);
  if (fs::exists(progress)) {
    files.log = training_log_from_json(read_json(progress), progress.string());
    files.log_is_of_this_run =
        files.settings.is_null() || fs::last_write_time(progress) >= fs::last_write_time(settings);
  }
  if (fs::exists(summary)) files.validation = read_json(summary);
  files.split = data::read_split(folder / kSplit);
  files.holder = lock_holder(folder);
  return files;
}

std::vector<fs::path> files_of_run(const fs::path& fold_folder, bool keeps_checkpoints) {
  std::vector<fs::path> files;
  for (const char* name : {kLog, kSettings, kSplit, kProgress, kPlot})
    files.push_back(fold_folder / name);
  if (keeps_checkpoints)
    for (const char* name : {kBest, kFinal}) files.push_back(fold_folder / name);
  return files;
}

std::vector<fs::path> checkpoints_in(const fs::path& fold_folder) {
  std::vector<fs::path> files;
  for (const char* name : kCheckpoints)
    if (fs::exists(fold_folder / name)) files.push_back(fold_folder / name);
  return files;
}

void require_free(const fs::path& fold_folder, bool keeps_checkpoints) {
  const auto checkpoints = checkpoints_in(fold_folder);
  const std::string advice = "use `overwrite` to replace it, `name` to train beside it";
  if (fs::exists(fold_folder / kFinal))
    throw Error(fold_folder.string(), "holds a finished run",
                advice + ", or `resume` with more `epochs`");
  if (checkpoints.empty() && fs::exists(summary_in(fold_folder)))
    throw Error(fold_folder.string(), "holds a finished run that kept no checkpoints", advice);
  if (!checkpoints.empty() && !keeps_checkpoints)
    throw Error(fold_folder.string(),
                "holds a run that was stopped, whose checkpoints one without checkpoints removes",
                advice + ", or `resume` to continue it");
}

FoldFolder::FoldFolder(const fs::path& folder, const Reporter& reporter)
    : folder_(folder), lock_(folder), log_(writing_to(folder / kLog, reporter)) {
  remove_half_written(folder, "");  // what other folds write lies beside it
}

FoldFolder FoldFolder::followed(const fs::path& folder) { return FoldFolder(folder); }

void FoldFolder::require_same_split(const data::Split& split) const {
  const auto earlier = data::read_split(folder_ / kSplit);
  if (earlier && *earlier != split)
    throw Error(folder_.string(), "was trained with another split than splits_final.json has now",
                "start a new training without `resume`, or bring the split back");
}

void FoldFolder::start_new_run() {
  if (!lock_) return;
  const bool continuable = !checkpoints_in(folder_).empty();
  replaces_earlier_run_ = continuable || fs::exists(summary_in(folder_));
  if (!replaces_earlier_run_) return;
  log_.warn(folder_.string() + " holds an earlier run; this one replaces it " +
            (keeps_checkpoints_ ? "with its first checkpoint" : "after its first epoch") +
            (continuable ? " (resuming would have continued it)" : ""));
}

void FoldFolder::save_best(const MakeCheckpoint& checkpoint) { save(kBest, checkpoint); }

void FoldFolder::save_latest(const MakeCheckpoint& checkpoint) { save(kLatest, checkpoint); }

void FoldFolder::save_final(const MakeCheckpoint& checkpoint) {
  save(kFinal, checkpoint);
  if (lock_) fs::remove(folder_ / kLatest);
}

void FoldFolder::require_folder() const {
  if (lock_) lock_->require_folder();
}

void FoldFolder::save(const std::string& name, const MakeCheckpoint& checkpoint) {
  if (!lock_) return;
  require_folder();
  if (keeps_checkpoints_) net::write_checkpoint(folder_ / name, checkpoint());
  if (split_) data::write_split(folder_ / kSplit, *std::exchange(split_, std::nullopt));
  if (!replaces_earlier_run_) return;
  replaces_earlier_run_ = false;
  for (const char* other : kCheckpoints)
    if (other != name || !keeps_checkpoints_) fs::remove(folder_ / other);
  fs::remove_all(validation());
}

void FoldFolder::write_progress(const TrainingLog& log, const std::vector<std::string>& classes) {
  if (!lock_) return;
  require_folder();
  write_json(folder_ / kProgress, to_json(log));
  try {
    plot_progress(folder_ / kPlot, log, classes);
  } catch (const Error& error) {
    if (!std::exchange(warned_of_plot_, true)) log_.warn(error.what());
  }
}

void FoldFolder::write_settings(const Recipe& recipe, std::int64_t epoch) const {
  if (!lock_) return;
  write_json(folder_ / kSettings, {{"after_epochs", epoch}, {"settings", to_json(recipe)}});
}

void FoldFolder::write_model_files(const Task& task) const {
  if (!lock_) return;
  const fs::path model = folder_.parent_path();
  write_json(model / "dataset.json", task.dataset.json);
  write_json(model / "plans.json", task.plans.json);
  if (fs::exists(task.work.fingerprint()))
    write_json(model / "dataset_fingerprint.json", read_json(task.work.fingerprint()));
}

fs::path FoldFolder::add_benchmark(const std::string& name, const Json& values) const {
  const fs::path file = folder_ / kBenchmark;
  Json results = fs::exists(file) ? read_json(file) : Json::object();
  results[name] = values;
  write_json(file, results);
  return file;
}

}  // namespace seg::train
