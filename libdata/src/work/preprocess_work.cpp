#include "seg/data/preprocess_dataset.hpp"
#include "seg/data/work_folder.hpp"
#include "seg/plan/lock.hpp"

namespace seg::data {
namespace fs = std::filesystem;

void preprocess_work(const WorkFolder& work, const PreprocessWorkOptions& options,
                     const Reporter& reporter) {
  if (!fs::is_directory(work.root)) dataset_folder(work);  // says how to make it
  const FolderLock lock(work.root, {reporter, options.stop});
  const plan::Plans plans = read_work_plans(work, options.plans_name);
  const plan::Configuration configuration = plans.configuration(options.configuration);
  const fs::path folder = work.preprocessed(configuration);
  remove_half_written(folder, "");
  preprocess_dataset(
      work_cases(work),
      {read_work_dataset(work), plans, configuration.name, folder, options.jobs, options.stop},
      reporter);
}

}  // namespace seg::data
