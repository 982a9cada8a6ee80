#include "seg/data/preprocess_dataset.hpp"
#include "seg/data/work_folder.hpp"

namespace seg::data {

void preprocess_work(const WorkFolder& work, const PreprocessWorkOptions& options,
                     const Reporter& reporter) {
  const plan::Plans plans = read_work_plans(work, options.plans_name);
  const plan::Configuration configuration = plans.configuration(options.configuration);
  preprocess_dataset(work_cases(work),
                     {read_work_dataset(work), plans, configuration.name,
                      work.preprocessed(configuration), options.jobs},
                     reporter);
}

}  // namespace seg::data
