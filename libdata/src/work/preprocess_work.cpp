#include "seg/data/preprocess_dataset.hpp"
#include "seg/data/work_folder.hpp"

namespace seg::data {

void preprocess_work(const WorkFolder& work, const PreprocessWorkOptions& options,
                     const Reporter& reporter) {
  const auto experiment = read_work_experiment(work, options.plans_name, options.configuration);
  preprocess_dataset(work_cases(work),
                     {experiment, work.preprocessed(experiment.configuration), options.jobs},
                     reporter);
}

}  // namespace seg::data
