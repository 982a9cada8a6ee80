#include "seg/train/predict_listed.hpp"

#include <chrono>

#include "predict/destination.hpp"
#include "predict/dicom_output.hpp"
#include "predict/filled_folder.hpp"
#include "predict/loaded_model.hpp"
#include "predict/scan_admission.hpp"
#include "predict/segmentation_record.hpp"
#include "predict/written_labels.hpp"
#include "seg/data/cases.hpp"
#include "seg/data/dicom.hpp"
#include "seg/data/output_format.hpp"
#include "seg/data/preprocess.hpp"
#include "seg/data/scan_reading.hpp"
#include "seg/plan/output_name.hpp"
#include "seg/plan/same_place.hpp"
#include "seg/train/device.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

data::Case case_of(const fs::path& scan, const plan::Dataset& dataset) {
  std::error_code unreadable;
  if (fs::is_directory(scan, unreadable) && !data::holds_dicom(scan))
    throw Error(scan.string(), "is a folder that holds no slices of a DICOM series",
                "give a scan a line: a file, or the folder of a series");
  return data::cases_to_predict(scan, static_cast<int>(dataset.channel_names.size()),
                                dataset.file_ending)
      .at(0);
}

/// The scan in the order of its file, whatever the model's reader makes of it.
data::Image stored_scan(const data::Case& scan, data::ScanReading reading,
                        const Reporter& reporter) {
  reading.reader.reorients = false;
  return data::read_scan(scan, reading, reporter);
}

/// A model, and what is written of what it segments.
struct Segmenting {
  LoadedModel& loaded;
  ScanAdmission& admission;
  WrittenLabels written;
  std::string ending;
  const PredictOptions& options;
  Json made_by;
};

/// Where a scan's files go: beside the one that the list names, or into the folder.
struct ListedFiles {
  SegmentationFiles files;
  std::optional<fs::path> folder;
};

ListedFiles files_of(const ListedScan& listed, const std::string& name, const fs::path& output,
                     const std::string& ending) {
  if (!listed.file) return {Destination{output, {}}.files(name, ending), output};
  return {Destination{listed.file->parent_path(), *listed.file}.files(name, ending), {}};
}

/// Before anything is computed.
void require_free_place(const Segmenting& run, const ListedFiles& place,
                        const SegmentationRecord& record) {
  const auto taken =
      taken_name(place.files.stem, run.options, run.loaded.model.configuration.previous_stage);
  if (taken) throw Error(ErrorKind::bad_input, *taken);
  if (run.options.overwrite) return;
  if (place.folder) refuse_to_lose_descriptions(*place.folder, kPrediction);
  refuse_to_lose(place.files, record);
  const auto masks = mask_names(run.written, data::image_ending(place.files.labels));
  refuse_to_lose_beside(place.files, {.reader = {}, .masks = masks});
}

void require_label_map_name(const fs::path& file) {
  const std::string ending = data::segmentation_ending(file);
  if (ending.empty())
    throw Error(file.empty() ? "the output" : file.string(), "is no name of a label map",
                "give one that ends in .nii.gz, .nii, .nrrd, .mha or .dcm");
  data::output_ending(ending);
  data::require_writable_name(file);
}

/// @returns what lay beside an earlier segmentation and is gone.
std::vector<fs::path> segment_file(const Segmenting& run, const data::Case& scan,
                                   const ListedFiles& place, const Reporter& reporter) {
  LoadedModel& loaded = run.loaded;
  const fs::path& file = place.files.labels;
  require_label_map_name(file);
  SegmentationRecord record{run.made_by, made_from(scan.channels), computed_in(loaded.window)};
  std::vector<data::DicomSegment> segments;
  if (data::is_dicom_name(file)) {
    require_dicom_scan(scan, file);
    segments = dicom_segments(run.written, run.options, loaded.model.dataset);
    record.made_by["segments"] = to_json(segments);
  }
  const data::ImageReader reader = data::reader_for(scan.channels.at(0), loaded.reading);
  for (const fs::path& channel : scan.channels) refuse_same_place(file, channel, "the scan itself");
  require_free_place(run, place, record);
  const auto memory = run.admission.admit(scan, segments.size());
  data::Image image = stored_scan(scan, loaded.reading, reporter);
  data::require_room_for_geometry(file, image.geometry);
  data::check_scan(scan, image);
  if (const auto doubt = data::doubt_about_unit(image, loaded.model.plans); !doubt.empty())
    reporter.warn(scan.channels.at(0).string() + ": " + doubt);
  const SegmentedScan segmented =
      segment_in_memory(loaded, image, {}, [](const auto&, std::size_t, std::size_t) {});
  image.geometry.reader = reader;
  image.data = chosen_labels(segmented.labels, image.geometry, run.written);
  auto earlier = recorded_beside(place.files);
  begin_record(place.files, record);
  WrittenBeside beside;
  if (run.written.split)
    beside.masks = write_masks(place.files.stem, data::image_ending(file), image, run.written);
  if (data::is_dicom_name(file))
    data::write_dicom_segmentation(file, image.data, {scan.channels.at(0), image.geometry},
                                   segments);
  else
    data::write_label_map(file, image.data, image.geometry);
  write_record(place.files, record, beside);
  std::erase_if(earlier, [](const fs::path& file) { return fs::exists(file); });
  return earlier;
}

}  // namespace

void predict_listed(const fs::path& model, const fs::path& output, const PredictOptions& options,
                    const std::function<std::optional<ListedScan>()>& next,
                    const std::function<void(const ListedScan&, const ListedResult&)>& done,
                    const Reporter& reporter) {
  require_folder_name(output);
  set_threads(options.threads);
  const auto loaded = load_to_stay(model, options, reporter);
  const plan::Dataset& dataset = loaded->model.dataset;
  ScanAdmission admission(loaded->model, loaded->window, {.most = options.memory});
  const Segmenting run{
      *loaded,
      admission,
      written_labels(options, dataset),
      options.output_type.empty() ? dataset.file_ending : data::output_ending(options.output_type),
      options,
      made_by(loaded->model, options)};
  refuse_terminology(options, "case" + run.ending);
  if (data::is_dicom_name("case" + run.ending)) dicom_segments(run.written, options, dataset);
  while (const auto listed = next()) {
    const auto start = std::chrono::steady_clock::now();
    ListedResult result;
    try {
      const data::Case scan = case_of(listed->scan, dataset);
      result.name = scan.name;
      const ListedFiles place = files_of(*listed, scan.name, output, run.ending);
      result.file = place.files.labels;
      result.removed = segment_file(run, scan, place, reporter);
    } catch (const std::exception& exception) {
      result.failure = kind_of(exception);
      result.problem = line_of(exception);
    }
    result.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    done(*listed, result);
  }
}

}  // namespace seg::train
