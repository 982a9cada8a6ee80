#include "seg/train/predictor.hpp"

#include <ATen/Parallel.h>

#include <map>
#include <set>

#include "predict/case_probabilities.hpp"
#include "predict/destination.hpp"
#include "predict/dicom_output.hpp"
#include "predict/label_statistics.hpp"
#include "predict/loaded_model.hpp"
#include "predict/scan_admission.hpp"
#include "predict/segmentation_record.hpp"
#include "predict/uncertainty.hpp"
#include "predict/written_labels.hpp"
#include "seg/data/cases.hpp"
#include "seg/data/output_format.hpp"
#include "seg/data/scan_reading.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/intention.hpp"
#include "seg/plan/joined.hpp"
#include "seg/plan/lock.hpp"
#include "seg/plan/same_place.hpp"
#include "seg/train/device.hpp"
#include "seg/train/model.hpp"

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

/// What all cases of a run share.
struct Prediction {
  Model model;  ///< its networks are loaded when the first case is to be segmented
  Destination destination;
  PredictOptions options;
  SlidingWindowOptions window;
  Json made_by;
  data::ScanReading reading;
  WrittenLabels written;
  std::vector<data::DicomSegment> segments;  ///< of DICOM Segmentations

  bool writes_dicom() const { return data::is_dicom_name(files("case").labels); }
  std::string ending() const {
    return options.output_type.empty() ? model.dataset.file_ending
                                       : data::output_ending(options.output_type);
  }
  SegmentationFiles files(const std::string& name) const {
    return destination.files(name, ending());
  }
  /// Where the previous stage of a cascade left its labels.
  fs::path previous_stage(const std::string& name) const {
    return *options.previous_stage / (name + model.dataset.file_ending);
  }
};

/// A scan and what it was when the run began.
struct CaseToDo {
  data::Case scan;
  SegmentationRecord record;
};

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

CaseToDo case_to_do(const Prediction& run, const data::Case& scan) {
  const fs::path labels = run.files(scan.name).labels;
  std::vector<fs::path> sources = scan.channels;
  for (const fs::path& channel : sources) refuse_same_place(labels, channel, "the scan itself");
  if (run.model.configuration.previous_stage) sources.push_back(run.previous_stage(scan.name));
  return {scan, {run.made_by, made_from(sources)}};
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

/// Leaves out what is done already, and says so.
void leave_out_finished(const Prediction& run, std::vector<CaseToDo>& cases,
                        const Reporter& reporter) {
  std::map<Earlier, std::vector<std::string>> found;
  const PredictOptions& options = run.options;
  const Expected expected{run.reading.reader, options.save_probabilities,
                          options.probability_images, options.uncertainty, options.statistics};
  std::erase_if(cases, [&](const CaseToDo& one) {
    const Earlier earlier = earlier_segmentation(run.files(one.scan.name), one.record, expected);
    found[earlier].push_back(one.scan.name);
    return earlier == Earlier::same;
  });
  const std::string folder = run.destination.folder.string();
  const auto tell = [&](Earlier earlier, const std::string& state) {
    const auto& names = found[earlier];
    if (!names.empty())
      reporter.say(std::to_string(names.size()) + " segmentations in " + folder + " " + state +
                   " and are made again: " + joined(names));
  };
  if (const std::size_t skipped = found[Earlier::same].size(); skipped > 0)
    reporter.say("skipping " + std::to_string(skipped) + " cases that have a segmentation in " +
                 folder + " (overwriting makes them again)");
  tell(Earlier::other, "were made with other weights, folds or options, or of another scan,");
  tell(Earlier::damaged, "are empty or damaged, or lack what is wanted beside them,");
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

std::vector<CaseToDo> cases_to_do(const Prediction& run, const fs::path& scans,
                                  const Reporter& reporter) {
  auto cases = cases_of_part(run, scans, reporter);
  // One scan fails at once, several each for itself.
  if (run.writes_dicom() && cases.size() == 1)
    require_dicom_scan(cases[0].scan, run.files(cases[0].scan.name).labels);
  data::Ranks* ranks = run.options.ranks;
  if (data::leads(ranks) && !run.options.overwrite && !run.destination.file)
    leave_out_finished(run, cases, reporter);
  if (ranks) keep_the_leaders(cases, *ranks);
  return cases;
}

/// Reads and preprocesses a scan, with the previous stage's labels as further channels in a
/// cascade.
PreparedCase prepare(const Prediction& run, const data::Case& scan, const Reporter& reporter) {
  const data::Image image = data::read_scan(scan, run.reading, reporter);
  data::require_room_for_geometry(run.files(scan.name).labels, image.geometry);
  at::Tensor previous;
  if (run.model.configuration.previous_stage)
    previous =
        data::read_label_map(run.previous_stage(scan.name), run.reading.reader, reporter).data;
  return prepare_scan(scan, image, previous, run.model);
}

/// Whatever is made of probabilities.
bool wants_probabilities(const PredictOptions& options) {
  return options.save_probabilities || options.probability_images || options.uncertainty;
}

void write_of_probabilities(const Prediction& run, const SegmentedCase& segmented) {
  const SegmentationFiles files = run.files(segmented.name);
  const data::Geometry& geometry = segmented.properties.geometry;
  const at::Tensor probabilities =
      logits_to_probabilities(segmented.logits, segmented.properties, run.model);
  if (run.options.uncertainty)
    data::write_image(files.uncertainty,
                      uncertainty_of(probabilities, run.model.labels.has_regions()), geometry);
  if (run.options.probability_images)
    data::write_image(files.probability_image, probabilities, geometry);
  if (run.options.save_probabilities)
    write_case_probabilities(files.stem, probabilities, segmented.properties);
}

/// The scan is read again, so that it is not in memory while the networks run.
Json statistics_of(const Prediction& run, const data::Case& scan, const SegmentedCase& chosen) {
  const data::Image image = data::read_scan(scan, run.reading);
  return label_statistics({chosen.labels, chosen.properties.geometry, {}}, image.data[0],
                          run.written.labels);
}

void write(const Prediction& run, const SegmentedCase& segmented, const CaseToDo& one) {
  const SegmentationFiles files = run.files(segmented.name);
  if (!run.destination.file) remove_record(files);
  SegmentedCase chosen = segmented;
  const data::Geometry& geometry = chosen.properties.geometry;
  chosen.labels = chosen_labels(segmented.labels, geometry, run.written);
  WrittenBeside beside{run.options.save_probabilities,
                       run.options.probability_images,
                       run.options.uncertainty,
                       {},
                       {}};
  if (wants_probabilities(run.options)) write_of_probabilities(run, segmented);
  if (run.options.statistics) beside.statistics = statistics_of(run, one.scan, chosen);
  if (run.written.split)
    beside.masks = write_masks(files.stem, data::image_ending(files.labels),
                               {chosen.labels, geometry, {}}, run.written);
  if (run.writes_dicom())
    data::write_dicom_segmentation(files.labels, chosen.labels, {one.scan.channels.at(0), geometry},
                                   run.segments);
  else
    data::write_label_map(files.labels, chosen.labels, geometry);
  if (!run.destination.file) write_record(files, one.record, beside);
  if (run.destination.file && run.options.statistics)
    write_statistics(files.stem.string() + "_statistics", {{segmented.name, beside.statistics}});
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
                " with " + std::to_string(at::get_num_threads()) + " threads; tiles of " +
                joined(patch, " x ") + (axes.empty() ? "" : ", mirrored along " + joined(axes)) +
                "; " + data::memory_text(admission.memory()) + " of memory for scans");
}

std::vector<std::string> segment(Prediction& run, const std::vector<CaseToDo>& cases,
                                 const Reporter& reporter) {
  if (cases.empty()) return {};
  load_networks(run.model);
  for (const auto& network : run.model.networks) network->to(run.window.device);
  const Segmenter segmenter{.experiment = run.model,
                            .networks = run.model.networks,
                            .window = run.window,
                            .keep_logits = wants_probabilities(run.options)};
  ScanAdmission admission(run.model, run.window, {run.options.memory, segmenter.keep_logits});
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
    auto memory = admission.admit(cases[i].scan);
    PreparedCase prepared = prepare(run, cases[i].scan, serial);
    prepared.memory = std::move(memory);
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

void write_folder_statistics(const Prediction& run) {
  const fs::path& folder = run.destination.folder;
  if (!data::leads(run.options.ranks)) return;
  if (run.options.statistics && !run.destination.file && fs::is_directory(folder / "records"))
    write_statistics(folder / "statistics", recorded_statistics(folder));
}

void require_fractions(const Prediction& run) {
  const fs::path file = run.files("case").uncertainty;
  if (run.options.uncertainty && !data::holds_fractions(file))
    throw Error(SettingValue{"uncertainty", "on"},
                "cannot be written as " + data::segmentation_ending(file),
                "choose another output type, such as nii.gz");
}

/// All that is checked of what is given, before anything is done.
Prediction checked_run(const fs::path& model, const fs::path& scans, const fs::path& output,
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

/// Whether a cascade's first stage has to run before, and then into which folder.
std::optional<fs::path> first_stage_folder(const Prediction& run) {
  const auto& stage = run.model.configuration.previous_stage;
  if (!stage || run.options.previous_stage) return std::nullopt;
  return run.destination.folder / *stage;
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
  if (options.split_labels)
    for (const NamedLabel& label : run.written.labels)
      all.push_back(files.stem / (label.name + data::image_ending(files.labels)));
  if (options.statistics && run.destination.file)
    for (const char* ending : {".json", ".csv"})
      all.push_back(files.stem.string() + "_statistics" + ending);
  return all;
}

std::vector<fs::path> files_of_folder(const Prediction& run) {
  if (run.destination.file) return {};
  const fs::path& folder = run.destination.folder;
  std::vector<fs::path> files{folder / "dataset.json", folder / "plans.json"};
  if (run.options.statistics)
    for (const char* name : {"statistics.json", "statistics.csv"}) files.push_back(folder / name);
  return files;
}

/// Lines of what a run would do.
struct Intentions {
  std::vector<std::string> lines;
  std::set<std::string> made;  ///< cases
};

/// @param again cases that are made whatever is there.
Intentions intentions_of(const Prediction& run, const fs::path& scans,
                         const std::set<std::string>& again, const Reporter& reporter) {
  Intentions found;
  found.made = again;
  for (const CaseToDo& one : cases_to_do(run, scans, reporter)) found.made.insert(one.scan.name);
  for (const CaseToDo& one : cases_of_part(run, scans, {})) {
    if (one.scan.problem) continue;  // it is told where it is to be read
    const std::string& name = one.scan.name;
    if (!found.made.contains(name))
      found.lines.push_back(to_leave(run.files(name).labels, "is done"));
    else
      for (const fs::path& file : files_of_case(run, name)) found.lines.push_back(to_write(file));
  }
  for (const fs::path& file : files_of_folder(run)) found.lines.push_back(to_write(file));
  return found;
}

}  // namespace

std::vector<std::string> predict_intentions(const fs::path& model, const fs::path& scans,
                                            const fs::path& output, const PredictOptions& options,
                                            const Reporter& reporter) {
  Prediction run = checked_run(model, scans, output, options, reporter);
  Intentions first;
  if (const auto folder = first_stage_folder(run)) {
    const fs::path stage = previous_stage_model(model, run.model.configuration);
    first = intentions_of(checked_run(stage, scans, *folder, first_stage(options), reporter), scans,
                          {}, reporter);
    run.options.previous_stage = *folder;
  }
  auto second = intentions_of(run, scans, first.made, reporter);
  first.lines.insert(first.lines.end(), second.lines.begin(), second.lines.end());
  return first.lines;
}

std::vector<std::string> predict(const fs::path& model, const fs::path& scans,
                                 const fs::path& output, const PredictOptions& options,
                                 const Reporter& reporter) {
  Prediction run = checked_run(model, scans, output, options, reporter);
  const fs::path& folder = run.destination.folder;
  // A cascade's first stage is done, and its networks are gone, before those of the second come.
  if (const auto stage = first_stage_folder(run)) {
    run.options.previous_stage = *stage;
    predict(previous_stage_model(model, run.model.configuration), scans, *stage,
            first_stage(options), reporter);
  }
  const auto cases = cases_to_do(run, scans, reporter);
  const auto lock = lock_to_tell(run, reporter);
  if (!run.destination.file && data::leads(run.options.ranks)) {
    Json dataset = run.model.dataset.json;
    dataset["file_ending"] = run.ending();
    write_json(folder / "dataset.json", dataset);
    write_json(folder / "plans.json", run.model.plans.json);
  }
  std::vector<std::string> names;
  try {
    names = segment(run, cases, reporter);
  } catch (const Error&) {
    write_folder_statistics(run);  // of the others
    throw;
  }
  write_folder_statistics(run);
  if (options.ranks) options.ranks->wait_for_all();
  return names;
}

}  // namespace seg::train
