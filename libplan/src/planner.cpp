#include "seg/plan/planner.hpp"

#include <algorithm>

#include "decisions.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/image_reader.hpp"

namespace seg::plan {
namespace {

using Triple = std::array<double, 3>;

bool positive(const Triple& values) {
  return std::ranges::all_of(values, [](double value) { return value > 0; });
}

void check(const Dataset& dataset, const Fingerprint& fingerprint) {
  if (fingerprint.spacings.empty() ||
      fingerprint.spacings.size() != fingerprint.shapes_after_crop.size())
    throw Error("fingerprint", "describes no cases, or spacings and shapes differ in number",
                "extract the fingerprint again");
  if (!std::ranges::all_of(fingerprint.spacings, positive))
    throw Error("fingerprint", "holds a spacing that is not above 0", "mend the image's header");
  if (fingerprint.intensities.size() != dataset.channel_names.size())
    throw Error("fingerprint",
                "has intensities of " + std::to_string(fingerprint.intensities.size()) +
                    " channels, dataset.json names " + std::to_string(dataset.channel_names.size()),
                "extract the fingerprint again");
}

void check(const PlannerOptions& options) {
  if (options.spacing && !positive(*options.spacing))
    throw Error(SettingValue{"spacing", ""}, "must be three numbers above 0 (mm)");
  if (options.gpu_memory_gb && !(*options.gpu_memory_gb > 0))
    throw Error(SettingValue{"gpu_memory", ""}, "must be above 0 (GB)");
}

PlanningTask planning_task(const Dataset& dataset, const PlannerOptions& options) {
  PlanningTask task;
  task.preset = planner_preset(options.preset);
  task.gpu_memory_gb = options.gpu_memory_gb.value_or(task.preset.target_gpu_memory_gb);
  task.outputs = static_cast<std::int64_t>(dataset.labels.size());
  task.training_cases = dataset.training_cases;
  return task;
}

/// A spacing asked for in another unit, say, at which the scans would be empty or absurdly large.
void check_growth(const Decisions& decisions) {
  constexpr double most = 1e4;  // times as many voxels
  double growth = 1;
  for (std::size_t axis = 0; axis < 3; ++axis)
    growth *= decisions.target.spacing[axis] / decisions.spacing[axis];
  if (!(growth <= most && growth >= 1 / most))
    throw Error(SettingValue{"spacing", Json(decisions.spacing).dump()},
                "is far from the scans' own " + Json(decisions.target.spacing).dump(),
                "give it in millimetres");
}

void decide_geometry(const Fingerprint& fingerprint, const PlannerOptions& options,
                     Decisions& decisions) {
  decisions.target = target_spacing(fingerprint);
  decisions.spacing_given = options.spacing.has_value();
  decisions.spacing = options.spacing.value_or(decisions.target.spacing);
  if (decisions.spacing_given) check_growth(decisions);
  decisions.median_shape = median_resampled_shape(fingerprint, decisions.spacing);
  decisions.transpose = coarsest_axis_first(decisions.spacing);
}

void plan_configurations(Decisions& decisions) {
  const Triple spacing = transposed(decisions.spacing, decisions.transpose.forward);
  const Triple shape = transposed(decisions.median_shape, decisions.transpose.forward);
  const double voxels =
      product(Extents(shape.begin(), shape.end())) * decisions.task.training_cases;
  const auto images = [&](int first_axis) {
    return ConfigurationImages{{spacing.begin() + first_axis, spacing.end()},
                               {shape.begin() + first_axis, shape.end()},
                               voxels};
  };
  decisions.in_2d = plan_configuration(decisions.task, images(1));
  if (shape[0] == 1 || decisions.task.preset.only_2d) return;
  decisions.fullres = plan_configuration(decisions.task, images(0));
  decisions.lowres = search_lowres(decisions.task, *decisions.fullres);
}

}  // namespace

Decisions decide(const Dataset& dataset, const Fingerprint& fingerprint,
                 const PlannerOptions& options) {
  check(dataset, fingerprint);
  check(options);
  Decisions decisions;
  decisions.task = planning_task(dataset, options);
  decisions.dataset_name = dataset.name;
  decisions.plans_name = plans_name_of(options);
  decisions.image_reader = options.image_reader_writer ? *options.image_reader_writer
                                                       : image_reader(dataset, fingerprint);
  decisions.normalization = normalization_rule(dataset, fingerprint);
  decide_geometry(fingerprint, options, decisions);
  plan_configurations(decisions);
  return decisions;
}

std::string plans_name_of(const PlannerOptions& options) {
  return options.plans_name ? *options.plans_name : planner_preset(options.preset).plans_name;
}

Plans plan_experiment(const Dataset& dataset, const Fingerprint& fingerprint,
                      const PlannerOptions& options, Explanation* explanation) {
  const Decisions decisions = decide(dataset, fingerprint, options);
  if (explanation) *explanation = explain(decisions, fingerprint);
  return plans_from_json(plans_json(decisions, fingerprint), "plan of " + dataset.name);
}

}  // namespace seg::plan
