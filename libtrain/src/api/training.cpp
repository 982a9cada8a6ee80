#include "seg/training.hpp"

#include "api/guarded.hpp"
#include "seg/data/cores.hpp"
#include "seg/data/plan_dataset.hpp"
#include "seg/data/work_folder.hpp"
#include "seg/train/trainer.hpp"

namespace seg {
namespace {

const std::atomic<bool> never = false;

const std::atomic<bool>& stop_of(const RunControl& control) {
  return control.stop ? *control.stop : never;
}

int cases_at_a_time(int jobs) { return jobs > 0 ? jobs : data::all_cores(); }

Json settings_of(const std::string& text) {
  if (text.empty()) return Json::object();
  Json settings = Json::parse(text, nullptr, false);
  if (!settings.is_object())
    throw Error(ErrorKind::bad_setting,
                {"settings", "are no JSON object", "write {\"epochs\": 100}"});
  return settings;
}

train::TrainOptions options_of(const TrainRequest& request, const RunControl& control) {
  train::TrainOptions options;
  options.configuration = data::full_configuration_name(request.configuration);
  options.fold = request.fold;
  options.plans_name = request.plans_name;
  options.settings = settings_of(request.settings);
  options.settings_origin = "settings";
  options.device = request.device;
  options.precision = request.precision;
  options.threads = request.threads;
  options.preprocess_jobs = cases_at_a_time(0);
  options.resume = request.resume;
  options.overwrite = request.overwrite;
  options.name = request.name;
  if (!request.pretrained.empty()) options.pretrained = request.pretrained;
  if (control.epoch)
    options.on_epoch = [&control](const train::FinishedEpoch& epoch) {
      const train::EpochResult& result = epoch.result;
      control.epoch({static_cast<int>(epoch.number), static_cast<int>(epoch.epochs),
                     result.train_loss, result.val_loss, result.learning_rate,
                     result.ended - result.started, epoch.mean_dice, epoch.moving_average});
    };
  return options;
}

}  // namespace

std::vector<std::string> plan_work(const PlanRequest& request, const RunControl& control) {
  data::PlanDatasetOptions options;
  options.planner.preset = request.preset;
  if (!request.plans_name.empty()) options.planner.plans_name = request.plans_name;
  if (request.gpu_memory_gb > 0) options.planner.gpu_memory_gb = request.gpu_memory_gb;
  options.jobs = cases_at_a_time(request.jobs);
  return with_errors([&] {
    return data::plan_dataset(request.dataset, {request.work}, options, control.reporter)
        .plans.configuration_names();
  });
}

void preprocess_work(const PreprocessRequest& request, const RunControl& control) {
  with_errors([&] {
    data::preprocess_work({request.work},
                          {data::full_configuration_name(request.configuration), request.plans_name,
                           cases_at_a_time(request.jobs), control.stop},
                          control.reporter);
  });
}

TrainedFold train_fold(const TrainRequest& request, const RunControl& control) {
  return with_errors([&] {
    const train::TrainResult result = train::train(request.work, options_of(request, control),
                                                   stop_of(control), control.reporter);
    TrainedFold fold{result.folder.parent_path(), result.interrupted};
    if (!result.interrupted) fold.dice = result.validation_dice;
    return fold;
  });
}

}  // namespace seg
