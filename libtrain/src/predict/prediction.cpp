#include "predict/prediction.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "predict/dicom_output.hpp"
#include "predict/filled_folder.hpp"
#include "predict/loaded_model.hpp"
#include "seg/data/image.hpp"
#include "seg/data/image_header.hpp"
#include "seg/data/output_format.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/joined.hpp"
#include "seg/plan/output_name.hpp"
#include "seg/plan/same_place.hpp"
#include "seg/train/device.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

void check(const PredictOptions& options) {
  if (options.num_parts < 1 || options.part_id < 0 || options.part_id >= options.num_parts)
    throw Error(SettingValue{"part_id", std::to_string(options.part_id)},
                "is not one of " + std::to_string(options.num_parts) + " parts",
                "count parts from 0");
  if (!(options.step_size > 0 && options.step_size <= 1))
    throw Error(SettingValue{"step_size", std::to_string(options.step_size)},
                "is not a part of the patch", "give a number above 0 and up to 1");
}

void require_fractions(const Prediction& run) {
  const fs::path file = run.files("case").uncertainty;
  if (run.options.uncertainty && !data::holds_fractions(file))
    throw Error(SettingValue{"uncertainty", "on"},
                "cannot be written as " + data::segmentation_ending(file),
                "choose another type with `output_type=nii.gz`");
}

/// What a case's name alone tells of its files: that they cannot be written, or not where they go.
std::optional<ErrorParts> problem_of_name(const Prediction& run, const std::string& name) {
  const SegmentationFiles files = run.files(name);
  try {
    data::require_writable_name(files.labels);
  } catch (const Error& error) {
    return error.parts();
  }
  return taken_name(files.stem, run.options, run.model.configuration.previous_stage);
}

CaseToDo case_to_do(const Prediction& run, const data::Case& scan) {
  const fs::path labels = run.files(scan.name).labels;
  std::vector<fs::path> sources = scan.channels;
  for (const fs::path& channel : sources) refuse_same_place(labels, channel, "the scan itself");
  if (run.model.configuration.previous_stage) sources.push_back(run.previous_stage(scan.name));
  CaseToDo one{scan, {run.made_by, made_from(sources), computed_in(run.window)}};
  if (!scan.problem) one.scan.problem = problem_of_name(run, scan.name);
  return one;
}

Expected expected_of(const Prediction& run) {
  const PredictOptions& options = run.options;
  const auto masks = mask_names(run.written, data::image_ending(run.files("case").labels));
  return {run.reading.reader,  options.save_probabilities, options.probability_images,
          options.uncertainty, options.statistics,         masks};
}

void tell_what_goes(const Prediction& run, const std::vector<CaseToDo>& cases,
                    const Reporter& reporter) {
  std::size_t files = 0;
  std::vector<std::string> rows;
  for (const CaseToDo& one : cases) {
    files += files_that_go(run, one.scan.name).size();
    if (loses_statistics(run, one.scan.name)) rows.push_back(one.scan.name);
  }
  if (files > 0)
    reporter.say(std::to_string(files) +
                 " files that lie beside segmentations which are made again are not asked for "
                 "now, and go");
  if (!rows.empty())
    reporter.say(
        "statistics of segmentations which are made again are not asked for now, and go: " +
        joined(rows));
}

/// What seg did not make there is somebody's.
void refuse_strangers(const Prediction& run, const std::vector<std::string>& unknown) {
  const fs::path& folder = run.destination.folder;
  if (!unknown.empty())
    throw would_be_replaced(
        folder, "holds segmentations of which no record of seg tells, " + joined(unknown));
  using Names = std::vector<std::string>;
  refuse_to_lose_descriptions(
      folder, kPrediction,
      run.options.statistics ? Names{"statistics.json", "statistics.csv"} : Names{});
}

/// Leaves out what is done already, and says so.
void leave_out_finished(const Prediction& run, CasesToDo& to_do, const Reporter& reporter) {
  std::map<Earlier, std::vector<std::string>> found;
  std::map<std::string, std::vector<std::string>> again;
  const Expected expected = expected_of(run);
  std::erase_if(to_do.cases, [&](const CaseToDo& one) {
    const auto [earlier, reason] =
        earlier_segmentation(run.files(one.scan.name), one.record, expected);
    found[earlier].push_back(one.scan.name);
    if (!reason.empty()) again[reason].push_back(one.scan.name);
    const bool is_left = earlier == Earlier::same || earlier == Earlier::changed;
    if (is_left) to_do.left.push_back(one.scan.name);
    return is_left;
  });
  refuse_strangers(run, found[Earlier::unknown]);
  for (const CaseToDo& one : to_do.cases) refuse_to_lose_beside(run.files(one.scan.name), expected);
  const std::string folder = run.destination.folder.string();
  if (const std::size_t skipped = found[Earlier::same].size(); skipped > 0)
    reporter.say("skipping " + std::to_string(skipped) + " cases that have a segmentation in " +
                 folder + " (`overwrite` makes them again)");
  if (const auto& changed = found[Earlier::changed]; !changed.empty())
    reporter.warn(std::to_string(changed.size()) + " segmentations in " + folder +
                  " were changed since seg made them, and are left as they are (`overwrite` makes "
                  "them again): " +
                  joined(changed));
  for (const auto& [reason, names] : again)
    reporter.say(std::to_string(names.size()) + " segmentations in " + folder + " are " + reason +
                 " and are made again: " + joined(names));
  tell_what_goes(run, to_do.cases, reporter);
}

/// The same for a single scan's file. One that is there may be somebody's; only what was made of
/// this scan is made again.
void leave_finished_file(const Prediction& run, CasesToDo& to_do, const Reporter& reporter) {
  const CaseToDo& one = to_do.cases.at(0);
  const SegmentationFiles files = run.files(one.scan.name);
  const std::string file = files.labels.string();
  const auto [earlier, reason] = earlier_segmentation(files, one.record, expected_of(run));
  switch (earlier) {
    case Earlier::nothing:
      return refuse_to_lose_beside(files, expected_of(run));
    case Earlier::same:
      reporter.say("skipping " + file +
                   ", which was made of this scan as it would be now (`overwrite` makes it again)");
      to_do.left.push_back(one.scan.name);
      return to_do.cases.clear();
    case Earlier::changed:
      throw would_be_replaced(files.labels, "was changed since seg made it");
    default:
      if (!may_be_replaced(files, one.record))
        throw would_be_replaced(files.labels,
                                "is there already, and is not what seg made of this scan");
      refuse_to_lose_beside(files, expected_of(run));
      reporter.say(file + " is " + reason + " and is made again");
      tell_what_goes(run, to_do.cases, reporter);
  }
}

/// Others may have segmented something meanwhile.
void keep_the_leaders(std::vector<CaseToDo>& cases, data::Ranks& ranks) {
  Json names = Json::array();
  for (const CaseToDo& one : cases) names.push_back(one.scan.name);
  names = Json::parse(ranks.leaders(names.dump(-1, ' ', false, Json::error_handler_t::replace)));
  std::set<std::string> kept;
  for (const Json& name : names) kept.insert(name.get<std::string>());
  std::erase_if(cases, [&](const CaseToDo& one) { return !kept.contains(one.scan.name); });
}

}  // namespace

bool Prediction::writes_dicom() const { return data::is_dicom_name(files("case").labels); }

std::string Prediction::ending() const {
  return options.output_type.empty() ? model.dataset.file_ending
                                     : data::output_ending(options.output_type);
}

PredictOptions first_stage(PredictOptions options) {
  options.save_probabilities = options.probability_images = false;
  options.split_labels = options.uncertainty = options.statistics = false;
  options.output_type.clear();
  options.terminology.reset();
  options.largest.clear();
  options.labels.clear();
  options.remove_small = 0;
  return options;
}

std::vector<fs::path> files_of_case(const Prediction& run, const std::string& name) {
  const PredictOptions& options = run.options;
  const SegmentationFiles files = run.files(name);
  std::vector<fs::path> all{files.labels};
  if (options.save_probabilities)
    for (const char* ending : {".npz", ".pkl", ".json"})
      all.push_back(files.stem.string() + ending);
  if (options.probability_images) all.push_back(files.probability_image);
  if (options.uncertainty) all.push_back(files.uncertainty);
  for (const std::string& mask : mask_names(run.written, data::image_ending(files.labels)))
    all.push_back(files.stem / mask);
  if (options.statistics && !files.statistics.empty())
    for (const char* ending : {".json", ".csv"}) all.push_back(files.statistics.string() + ending);
  return all;
}

std::vector<fs::path> files_that_go(const Prediction& run, const std::string& name) {
  auto going = recorded_beside(run.files(name));
  const auto written = files_of_case(run, name);
  std::erase_if(going, [&](const fs::path& file) {
    return std::ranges::find(written, file) != written.end();
  });
  return going;
}

bool loses_statistics(const Prediction& run, const std::string& name) {
  if (run.options.statistics || run.destination.file) return false;
  return read_record(run.files(name).record).value("statistics", Json()).is_object();
}

std::vector<CaseToDo> cases_of_part(const Prediction& run, const fs::path& scans,
                                    const Reporter& reporter) {
  const auto& dataset = run.model.dataset;
  const auto all = data::cases_to_predict(scans, static_cast<int>(dataset.channel_names.size()),
                                          dataset.file_ending, reporter);
  std::vector<CaseToDo> part;
  for (std::size_t i = run.options.part_id; i < all.size(); i += run.options.num_parts)
    part.push_back(case_to_do(run, all[i]));
  return part;
}

CasesToDo cases_to_do(const Prediction& run, const fs::path& scans, const Reporter& reporter) {
  CasesToDo to_do{cases_of_part(run, scans, reporter), {}};
  const auto& cases = to_do.cases;
  // One scan fails at once, several each for itself.
  if (cases.size() == 1) {
    data::require_readable(cases[0].scan);
    for (const fs::path& file : cases[0].scan.channels) data::check_image_header(file);
  }
  if (run.writes_dicom() && cases.size() == 1)
    require_dicom_scan(cases[0].scan, run.files(cases[0].scan.name).labels);
  data::Ranks* ranks = run.options.ranks;
  if (data::leads(ranks) && !run.options.overwrite && !cases.empty())
    (run.destination.file ? leave_finished_file : leave_out_finished)(run, to_do, reporter);
  if (data::leads(ranks) && !run.destination.file) {
    std::vector<std::string> names;
    for (const CaseToDo& one : cases) names.push_back(one.scan.name);
    tell_of_other_formats(run.destination, run.ending(), names, reporter);
  }
  if (ranks) keep_the_leaders(to_do.cases, *ranks);
  return to_do;
}

Prediction checked_prediction(const fs::path& model, const fs::path& scans, const fs::path& output,
                              const PredictOptions& options, const Reporter& reporter) {
  check(options);
  set_threads(options.threads);
  Prediction run{describe_model(model, {options.folds, options.checkpoint}, reporter),
                 destination_of(output, scans, options),
                 options,
                 {},
                 {},
                 {},
                 {},
                 {}};
  run.reading = scan_reading(run.model, options);
  if (options.output_type.empty() && !run.destination.file)
    data::require_output_ending(run.model.dataset.file_ending);
  run.written = written_labels(options, run.model.dataset);
  require_fractions(run);
  refuse_terminology(options, run.files("case").labels);
  if (run.writes_dicom()) run.segments = dicom_segments(run.written, options, run.model.dataset);
  run.window = window_options(run.model, options);
  if (run.window.precision == at::kFloat) forbid_tf32();
  run.made_by = made_by(run.model, options);
  if (run.writes_dicom()) run.made_by["segments"] = to_json(run.segments);
  const fs::path& folder = run.destination.folder;
  if (!run.destination.file) refuse_same_place(folder, model, "the folder of the model");
  if (options.previous_stage) {
    refuse_same_place(folder, *options.previous_stage, "the folder of the previous stage");
    if (!run.model.configuration.previous_stage)
      throw Error(SettingValue{"previous_stage", options.previous_stage->string()},
                  "is for a cascade, and " + run.model.configuration.name + " is none",
                  "leave it out");
  }
  return run;
}

std::optional<fs::path> first_stage_folder(const Prediction& run) {
  const auto& stage = run.model.configuration.previous_stage;
  if (!stage || run.options.previous_stage) return std::nullopt;
  return run.destination.folder / *stage;
}

}  // namespace seg::train
