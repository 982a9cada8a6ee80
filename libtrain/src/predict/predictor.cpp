#include "seg/train/predictor.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <map>

#include "predict/case_probabilities.hpp"
#include "predict/dicom_output.hpp"
#include "predict/engine.hpp"
#include "predict/filled_folder.hpp"
#include "predict/label_statistics.hpp"
#include "predict/loaded_model.hpp"
#include "predict/prediction.hpp"
#include "predict/scan_admission.hpp"
#include "seg/data/grid.hpp"
#include "seg/data/output_format.hpp"
#include "seg/data/scan_reading.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/joined.hpp"
#include "seg/plan/lock.hpp"
#include "seg/plan/same_place.hpp"
#include "seg/train/device.hpp"
#include "seg/train/failure.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

/// Reads and preprocesses a scan, with the previous stage's labels as further channels in a
/// cascade.
PreparedCase prepare(const Prediction& run, const data::Case& scan, const Reporter& reporter) {
  const data::Image image = data::read_scan(scan, run.reading, reporter);
  data::require_room_for_geometry(run.files(scan.name).labels, image.geometry);
  if (const auto doubt = data::doubt_about_unit(image, run.model.plans); !doubt.empty())
    reporter.warn("case " + scan.name + ": " + doubt);
  at::Tensor previous;
  if (run.model.configuration.previous_stage)
    previous =
        data::read_label_map_of(image, run.previous_stage(scan.name), run.reading.reader, reporter)
            .data;
  return prepare_scan(scan, image, previous, run.model);
}

WantedScores wanted_scores(const PredictOptions& options) {
  return {.probabilities = options.save_probabilities || options.probability_images,
          .uncertainty = options.uncertainty};
}

void write_scores(const Prediction& run, const SegmentedCase& segmented) {
  const SegmentationFiles files = run.files(segmented.name);
  const data::Geometry& geometry = segmented.properties.geometry;
  const ScanScores& scores = segmented.scores;
  if (run.options.uncertainty) data::write_image(files.uncertainty, scores.uncertainty, geometry);
  if (run.options.probability_images)
    data::write_image(files.probability_image, scores.probabilities, geometry);
  if (run.options.save_probabilities)
    write_case_probabilities(files.stem, scores.probabilities, segmented.properties);
}

/// The scan is read again, so that it is not in memory while the networks run.
Json statistics_of(const Prediction& run, const data::Case& scan, const SegmentedCase& chosen) {
  const data::Image image = data::read_scan(scan, run.reading);
  return label_statistics({chosen.labels, chosen.properties.geometry, {}}, image.data[0],
                          run.written.labels);
}

void write(const Prediction& run, const SegmentedCase& segmented, const CaseToDo& one) {
  const SegmentationFiles files = run.files(segmented.name);
  begin_record(files, one.record);
  SegmentedCase chosen = segmented;
  const data::Geometry& geometry = chosen.properties.geometry;
  chosen.labels = chosen_labels(segmented.labels, geometry, run.written);
  WrittenBeside beside{run.options.save_probabilities,
                       run.options.probability_images,
                       run.options.uncertainty,
                       {},
                       {}};
  write_scores(run, segmented);
  if (run.options.statistics) beside.statistics = statistics_of(run, one.scan, chosen);
  if (run.written.split)
    beside.masks = write_masks(files.stem, data::image_ending(files.labels),
                               {chosen.labels, geometry, {}}, run.written);
  if (run.writes_dicom())
    data::write_dicom_segmentation(files.labels, chosen.labels, {one.scan.channels.at(0), geometry},
                                   run.segments);
  else
    data::write_label_map(files.labels, chosen.labels, geometry);
  write_record(files, one.record, beside);
  if (!files.statistics.empty() && run.options.statistics)
    write_statistics(files.statistics, {{segmented.name, beside.statistics}});
}

/// Another program may have removed what was written.
void require_segmentations(const Prediction& run, const std::vector<std::string>& names) {
  std::vector<std::string> lost;
  for (const std::string& name : names)
    if (!fs::exists(run.files(name).labels)) lost.push_back(name);
  if (!lost.empty())
    throw Error(ErrorKind::not_found, {run.destination.folder.string(),
                                       "lost segmentations while others were made: " + joined(lost),
                                       "segment them again, and let the folder be"});
}

void note_choices(const Prediction& run, const ScanAdmission& admission, const Reporter& reporter) {
  std::vector<std::string> patch, axes;
  for (const std::int64_t extent : run.window.patch_size) patch.push_back(std::to_string(extent));
  for (const int axis : run.window.mirror_axes) axes.push_back(std::to_string(axis));
  reporter.note(std::to_string(run.model.networks.size()) + " networks on " +
                device_name(run.window.device) + " in " + precision_name(run.window.precision) +
                " by " + run.window.engine + " with " + std::to_string(at::get_num_threads()) +
                " threads; tiles of " + joined(patch, " x ") +
                (axes.empty() ? "" : ", mirrored along " + joined(axes)) + "; " +
                data::memory_text(admission.memory()) + " of memory for scans");
}

std::vector<std::string> segment(Prediction& run, const std::vector<CaseToDo>& cases,
                                 const Reporter& reporter) {
  if (cases.empty()) return {};
  load_networks(run.model);
  start_networks(run.model.networks, network_options(run.model).input_channels, run.window);
  const Segmenter segmenter{.experiment = run.model,
                            .networks = run.model.networks,
                            .window = run.window,
                            .scores = wanted_scores(run.options)};
  ScanAdmission admission(run.model, run.window,
                          {run.options.memory, segmenter.scores, run.options.probability_images,
                           run.destination.folder});
  note_choices(run, admission, reporter);
  std::map<std::string, CaseToDo> by_name;
  CaseFlow flow;
  flow.ranks = run.options.ranks;
  for (const CaseToDo& one : cases) {
    flow.names.push_back(one.scan.name);
    if (!one.scan.problem) by_name[one.scan.name] = one;
  }
  flow.source = [&](std::size_t i, const Reporter& serial) {
    data::require_readable(cases[i].scan);
    if (run.writes_dicom()) require_dicom_scan(cases[i].scan, run.files(cases[i].scan.name).labels);
    CaseRoom room = admission.admit(cases[i].scan, run.segments.size());
    if (room.scratch.scores)
      serial.say("case " + cases[i].scan.name +
                 ": what does not fit into memory lies in files in " +
                 room.scratch.scores->string() + ", which is slower");
    PreparedCase prepared = prepare(run, cases[i].scan, serial);
    prepared.room = std::move(room);
    return prepared;
  };
  std::vector<std::string> written;
  flow.sink = [&](const SegmentedCase& one) {
    write(run, one, by_name.at(one.name));
    written.push_back(one.name);
  };
  try {
    const auto names = segment_cases(segmenter, flow, reporter);
    require_segmentations(run, names);
    return names;
  } catch (const Error&) {
    require_segmentations(run, written);  // what is lost is worse than what failed and was told
    throw;
  }
}

/// Another run in the same folder is no reason to stop, for both write whole files, but to say so.
/// Runs that share the scans by num_parts are meant to be several.
std::optional<FolderLock> lock_to_tell(const Prediction& run, const Reporter& reporter) {
  if (run.destination.file || run.options.num_parts > 1) return std::nullopt;
  if (!data::leads(run.options.ranks)) return std::nullopt;
  try {
    return FolderLock(run.destination.folder / "records");
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::in_use) throw;
    reporter.warn(run.destination.folder.string() + ": another prediction is at work there (" +
                  error.parts().problem + "); of cases that both segment the later one stays");
    return std::nullopt;
  }
}

/// An earlier run's that are of nothing any more go.
void write_folder_statistics(const Prediction& run) {
  const fs::path& folder = run.destination.folder;
  if (!data::leads(run.options.ranks)) return;
  const bool are_there = fs::exists(folder / "statistics.json");
  if (!are_there && !run.options.statistics) return;
  if (run.destination.file || !fs::is_directory(folder / "records")) return;
  const Json statistics = recorded_statistics(folder);
  if (!statistics.empty() || run.options.statistics)
    return write_statistics(folder / "statistics", statistics);
  for (const char* name : {"statistics.json", "statistics.csv"}) fs::remove(folder / name);
}

/// Runs a cascade's first stage; what it cannot segment, the second one cannot either.
std::vector<FailedCase> failed_in_first_stage(const fs::path& model, const fs::path& scans,
                                              const Prediction& second, const Reporter& reporter) {
  PredictOptions options = first_stage(second.options);
  options.previous_stage.reset();
  try {
    predict(model, scans, *second.options.previous_stage, options, reporter);
    return {};
  } catch (const SomeFailed& some) {
    if (some.outcomes().cases == 1) throw;  // its line is all there is to say
    return some.outcomes().failed;
  }
}

void leave_out(const std::vector<FailedCase>& failed, std::vector<CaseToDo>& cases) {
  std::erase_if(cases, [&](const CaseToDo& one) {
    return std::ranges::find(failed, one.scan.name, &FailedCase::name) != failed.end();
  });
}

}  // namespace

CaseOutcomes predict(const fs::path& model, const fs::path& scans, const fs::path& output,
                     const PredictOptions& options, const Reporter& reporter) {
  Prediction run = checked_prediction(model, scans, output, options, reporter);
  const fs::path& folder = run.destination.folder;
  // A cascade's first stage is done, and its networks are gone, before those of the second come.
  std::vector<FailedCase> failed;
  if (const auto stage = first_stage_folder(run)) {
    run.options.previous_stage = *stage;
    failed = failed_in_first_stage(previous_stage_model(model, run.model.configuration), scans, run,
                                   reporter);
  }
  auto [cases, left] = cases_to_do(run, scans, reporter);
  leave_out(failed, cases);
  const auto lock = lock_to_tell(run, reporter);
  if (!run.destination.file && data::leads(run.options.ranks)) {
    fs::create_directories(folder / "records");  // tells others that the folder is a prediction's
    Json dataset = run.model.dataset.json;
    dataset["file_ending"] = run.ending();
    write_json(folder / "dataset.json", dataset);
    write_json(folder / "plans.json", run.model.plans.json);
  }
  CaseOutcomes outcomes{"segmented", cases.size(), {}, {}, {}, false};
  try {
    outcomes.finished = segment(run, cases, reporter);
  } catch (const SomeFailed& some) {
    outcomes = some.outcomes();
    if (cases.size() == 1 && !failed.empty()) reporter.warn(some.what());  // beside others
  } catch (const Error&) {
    write_folder_statistics(run);
    throw;
  }
  write_folder_statistics(run);
  if (options.ranks) options.ranks->wait_for_all();
  outcomes.cases += failed.size();
  outcomes.failed.insert(outcomes.failed.begin(), failed.begin(), failed.end());
  if (!failed.empty()) outcomes.told = static_cast<bool>(reporter.warning);
  outcomes.left = std::move(left);
  if (outcomes.failed.empty()) return outcomes;
  if (!run.destination.file && data::leads(options.ranks))
    tell_of_earlier(folder, run.ending(), outcomes.failed, reporter);
  throw SomeFailed(outcomes);
}

}  // namespace seg::train
