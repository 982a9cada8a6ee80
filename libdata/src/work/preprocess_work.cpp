#include <optional>
#include <set>

#include "seg/data/preprocess_dataset.hpp"
#include "seg/data/work_folder.hpp"
#include "seg/plan/intention.hpp"
#include "seg/plan/lock.hpp"
#include "store/case_record.hpp"

namespace seg::data {
namespace fs = std::filesystem;

void preprocess_work(const WorkFolder& work, const PreprocessWorkOptions& options,
                     const Reporter& reporter) {
  require_work_folder(work);
  std::optional<FolderLock> lock;
  if (leads(options.ranks)) lock.emplace(work.root, LockWait{reporter, options.stop});
  const auto experiment = read_work_experiment(work, options.plans_name, options.configuration);
  const fs::path folder = work.preprocessed(experiment.configuration);
  const auto cases = work_cases(work);
  check_dataset_is_as_planned(work, cases, reporter);
  if (lock) {
    remove_half_written(folder, "");
    forget_removed_cases(work, cases, reporter);
  }
  preprocess_dataset(
      cases, {experiment, folder, options.jobs, options.stop, options.memory, options.ranks},
      reporter);
}

std::vector<std::string> preprocess_intentions(const WorkFolder& work,
                                               const PreprocessWorkOptions& options,
                                               const Reporter& reporter) {
  const auto experiment = read_work_experiment(work, options.plans_name, options.configuration);
  const fs::path folder = work.preprocessed(experiment.configuration);
  const auto cases = work_cases(work);
  check_dataset_is_as_planned(work, cases, reporter);
  std::set<std::string> pending;
  for (const Case& one : cases_to_preprocess(cases, experiment, folder)) pending.insert(one.name);
  std::vector<std::string> lines;
  for (const Case& one : cases) {
    const fs::path file = case_files(folder, one.name).data;
    lines.push_back(pending.contains(one.name) ? to_write(file) : to_leave(file, "is up to date"));
  }
  return lines;
}

}  // namespace seg::data
