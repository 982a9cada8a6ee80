#include "seg/data/preprocess_dataset.hpp"

#include <algorithm>

#include "base/file_stamp.hpp"
#include "cases/case_content.hpp"
#include "seg/data/memory_need.hpp"
#include "seg/data/npy.hpp"
#include "seg/data/parallel_cases.hpp"
#include "seg/data/preprocess.hpp"
#include "seg/plan/error.hpp"
#include "store/case_record.hpp"

namespace seg::data {
namespace fs = std::filesystem;
namespace {

constexpr int record_version = 1;  // goes up when the same settings give other arrays

Json to_json(const plan::Resampling& method) {
  return {{"function", method.function}, {"arguments", method.arguments}};
}

Json made_from(const Case& files, const Json& settings) {
  Json stamps = Json::array();
  for (const fs::path& channel : files.channels) stamps.push_back(file_stamp(channel));
  stamps.push_back(file_stamp(files.label.value()));
  return {{"files", stamps}, {"settings", settings}};
}

bool up_to_date(const CaseFiles& stored, const Json& source) {
  for (const fs::path& file : {stored.data, stored.seg, stored.locations, stored.record})
    if (!fs::exists(file)) return false;
  try {
    return read_case_record(stored.record).made_from == source;
  } catch (const Error&) {
    return false;
  }
}

PreprocessedCase preprocess_files(const Case& files, const plan::Experiment& experiment,
                                  const Reporter& reporter) {
  const CaseReading reading{experiment.dataset, image_reader(experiment.plans)};
  const LabelledImage scan = read_labelled_image(files, reading, reporter);
  try {
    return preprocess(scan.image, scan.label.data, experiment);
  } catch (const Error& error) {
    throw Error(error.kind(), {"case " + files.name, error.what()});
  }
}

CaseNeed preprocessing_need(const Case& files, const plan::Experiment& experiment) {
  const auto header = read_image_header(files.channels);
  return {"case " + files.name, header ? preprocessing_memory(*header, experiment) : 0};
}

/// The record goes first and comes last, so that an interruption leaves no
/// record of old arrays.
void store(const CaseFiles& stored, const PreprocessedCase& result,
           const plan::Experiment& experiment, CaseRecord record) {
  fs::remove(stored.record);
  write_npy(stored.data, result.data);
  write_npy(stored.seg, result.seg);
  const std::vector<at::Tensor> locations = class_locations(result.seg, experiment.labels);
  write_npy(stored.locations, at::cat(locations));
  for (const at::Tensor& of_class : locations) record.location_counts.push_back(of_class.size(0));
  record.properties = result.properties;
  write_case_record(stored.record, record);
}

void check(const std::atomic<bool>* stop, const fs::path& folder) {
  if (stop && *stop)
    throw Error(folder.string(), "preprocessing was stopped", "start again to go on");
}

/// Of several ranks the leader decides which are not up to date.
std::vector<Case> pending_cases(const std::vector<Case>& cases,
                                const PreprocessDatasetOptions& options) {
  std::vector<Case> pending;
  if (leads(options.ranks))
    pending = cases_to_preprocess(cases, options.experiment, options.folder);
  if (!options.ranks) return pending;
  Json names = Json::array();
  for (const Case& one : pending) names.push_back(one.name);
  names = Json::parse(options.ranks->leaders(names.dump()));
  pending.clear();
  for (const Case& one : cases)
    if (std::ranges::find(names, Json(one.name)) != names.end()) pending.push_back(one);
  return pending;
}

}  // namespace

Json preprocessing_settings(const plan::Experiment& experiment) {
  Json intensities = Json::array();
  for (const plan::IntensityProperties& channel : experiment.plans.intensities)
    intensities.push_back(
        {channel.mean, channel.std, channel.percentile_00_5, channel.percentile_99_5});
  const plan::Configuration& configuration = experiment.configuration;
  return {{"version", record_version},
          {"image_reader", name_of(image_reader(experiment.plans))},
          {"transpose_forward", experiment.plans.transpose_forward},
          {"spacing", configuration.spacing},
          {"normalization_schemes", configuration.normalization_schemes},
          {"use_mask_for_norm", configuration.use_mask_for_norm},
          {"intensities", intensities},
          {"resampling_data", to_json(configuration.resampling_data)},
          {"resampling_seg", to_json(configuration.resampling_seg)},
          {"foreground", experiment.labels.foreground()},
          {"ignore", experiment.labels.ignore.value_or(-1)}};
}

std::vector<Case> cases_to_preprocess(const std::vector<Case>& cases,
                                      const plan::Experiment& experiment, const fs::path& folder) {
  const Json settings = preprocessing_settings(experiment);
  std::vector<Case> pending;
  for (const Case& one : cases)
    if (!up_to_date(case_files(folder, one.name), made_from(one, settings))) pending.push_back(one);
  return pending;
}

void preprocess_dataset(const std::vector<Case>& cases, const PreprocessDatasetOptions& options,
                        const Reporter& reporter) {
  const plan::Experiment& experiment = options.experiment;
  const Json settings = preprocessing_settings(experiment);
  const std::vector<Case> pending = pending_cases(cases, options);
  for_each_case(
      pending.size(),
      {options.jobs, "preprocessing " + experiment.configuration.name, reporter, options.memory,
       [&](std::size_t i) { return preprocessing_need(pending[i], experiment); }, options.ranks},
      [&](std::size_t i, const Reporter& serialised) {
        check(options.stop, options.folder);
        const Json source = made_from(pending[i], settings);
        store(case_files(options.folder, pending[i].name),
              preprocess_files(pending[i], experiment, serialised), experiment, {source, {}, {}});
      });
  for (const Case& one : cases)
    if (!fs::exists(case_files(options.folder, one.name).record))
      throw Error(ErrorKind::not_found,
                  {options.folder.string(), "lost case " + one.name + " while others were made",
                   "start again, and let the folder be"});
  reporter.say("preprocessed " + std::to_string(pending.size()) + " of " +
               std::to_string(cases.size()) + " cases into " + options.folder.string() +
               (pending.size() < cases.size() ? "; the others were up to date" : ""));
}

}  // namespace seg::data
