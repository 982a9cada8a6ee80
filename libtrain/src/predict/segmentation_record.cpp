#include "predict/segmentation_record.hpp"

#include <ATen/Parallel.h>

#include <algorithm>

#include "model/deciding_settings.hpp"
#include "model/weights_identity.hpp"
#include "predict/filled_folder.hpp"
#include "predict/written_labels.hpp"
#include "seg/data/dicom.hpp"
#include "seg/data/dicom_segmentation.hpp"
#include "seg/data/output_format.hpp"
#include "seg/data/scan_reading.hpp"
#include "seg/net/instruction_set.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/output_name.hpp"
#include "seg/train/device.hpp"
#include "seg/train/sha256.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

fs::path probabilities_file(const SegmentationFiles& files) { return files.stem.string() + ".npz"; }

/// Of the slices in a folder: how many, their length together, and when the last one changed.
Json stamp_of_folder(const fs::path& folder) {
  std::uintmax_t bytes = 0;
  fs::file_time_type::rep changed = 0;
  const auto files = data::dicom_files(folder);
  for (const fs::path& file : files) {
    bytes += fs::file_size(file);
    changed = std::max(changed, fs::last_write_time(file).time_since_epoch().count());
  }
  return {{"folder", folder.filename().string()},
          {"files", files.size()},
          {"bytes", bytes},
          {"changed", changed}};
}

/// Null for a file that is not there, or cannot be looked at.
Json stamp(const fs::path& file) {
  std::error_code no_folder, no_size, no_time;
  if (fs::is_directory(file, no_folder)) return stamp_of_folder(file);
  const auto bytes = fs::file_size(file, no_size);
  const auto changed = fs::last_write_time(file, no_time);
  if (no_size || no_time) return {};
  return {{"file", file.filename().string()},
          {"bytes", bytes},
          {"changed", changed.time_since_epoch().count()}};
}

bool is_label_map(const fs::path& file, const data::ImageReader& reader) {
  if (data::is_dicom_name(file)) return data::is_whole_dicom(file);
  try {
    data::read_label_map(file, data::label_map_reader(file, reader));
    return true;
  } catch (const Error&) {
    return false;
  }
}

/// Of what was written, with its content: copies have another time.
Json stamp_of_output(const fs::path& file) {
  Json written = stamp(file);
  if (written.is_object()) written["sha256"] = sha256_of(file);
  return written;
}

/// Whether a file is as it was written. Older records know no content, but its length.
bool is_as_left(const fs::path& file, const Json& written) {
  const Json now = stamp(file);
  if (!now.is_object() || !written.is_object() || written.value("bytes", Json()) != now["bytes"])
    return false;
  if (written.value("changed", Json()) == now["changed"] || !written.contains("sha256"))
    return true;
  return written["sha256"] == sha256_of(file);
}

Json without_times(Json stamps) {
  if (stamps.is_array())
    for (Json& one : stamps)
      if (one.is_object()) one.erase("changed");
  return stamps;
}

/// Whether a record tells of a file, which may be of another format than it is now.
bool tells_of(const fs::path& file, const Json& record, const char* key) {
  const Json written = record.value(key, Json());
  return written.is_object() && written.value("file", Json()) == file.filename().string();
}

/// Whether the record is about this label map, not about one of another format beside it.
bool is_about(const fs::path& labels, const Json& record) {
  return tells_of(labels, record, "labels");
}

/// Label maps of other formats that lie beside this one, as an earlier run left them.
constexpr const char* kOtherFormats = "other_formats";

/// What a record tells of a label map: it may be one that was written before in another format.
Json told_of(const fs::path& labels, const Json& record) {
  for (const Json& other : record.value(kOtherFormats, Json::array()))
    if (other.is_object() && is_about(labels, other)) return other;
  return record;
}

/// Of a record that another takes the place of: label maps in other formats than the new one's.
Json other_formats(const SegmentationFiles& files, const Json& earlier) {
  Json others = Json::array();
  const auto keep = [&](const Json& one) {
    const Json written = one.value("labels", Json());
    if (!written.is_object() || !written.value("file", Json()).is_string()) return;
    const fs::path name = fs::path(written["file"].get<std::string>()).filename();
    if (name != files.labels.filename() && fs::exists(files.labels.parent_path() / name))
      others.push_back({{"labels", written}, {"made_from", one.value("made_from", Json())}});
  };
  keep(earlier);
  for (const Json& one : earlier.value(kOtherFormats, Json::array()))
    if (one.is_object()) keep(one);
  return others;
}

/// A mask that a record names, and how long it was.
struct RecordedMask {
  fs::path file;
  Json bytes;
};

std::vector<RecordedMask> masks_of(const SegmentationFiles& files, const Json& record) {
  std::vector<RecordedMask> masks;
  for (const Json& mask : record.value("masks", Json::array()))
    if (mask.is_object() && mask.contains("file") && mask["file"].is_string())
      masks.push_back({files.stem / fs::path(mask["file"].get<std::string>()).filename(),
                       mask.value("bytes", Json())});
  return masks;
}

bool has_masks(const SegmentationFiles& files, const Json& record) {
  return std::ranges::all_of(masks_of(files, record), [](const RecordedMask& mask) {
    return fs::exists(mask.file) && mask.bytes == fs::file_size(mask.file);
  });
}

/// Whether a file is there as the record's `key` tells.
bool is_there(const fs::path& file, const Json& record, const char* key) {
  return tells_of(file, record, key) && fs::exists(file) &&
         record[key].value("bytes", Json()) == fs::file_size(file);
}

/// Beside `file`, with the name that the record tells.
fs::path recorded_name(const fs::path& file, const Json& record, const char* key) {
  const Json name = record.at(key).value("file", Json());
  return name.is_string() ? file.parent_path() / fs::path(name.get<std::string>()).filename()
                          : file;
}

/// Whether all is there that is wanted beside the label map.
bool has_all(const SegmentationFiles& files, const Json& record, const Expected& expected) {
  const bool probabilities =
      !expected.probabilities || is_there(probabilities_file(files), record, "probabilities");
  const bool image =
      !expected.probability_image || is_there(files.probability_image, record, "probability_image");
  const bool uncertainty =
      !expected.uncertainty || is_there(files.uncertainty, record, "uncertainty");
  const bool statistics = !expected.statistics || record.value("statistics", Json()).is_object();
  return probabilities && image && uncertainty && statistics && has_masks(files, record);
}

/// How what a record tells differs from what would be made now; empty if it does not.
std::string difference(const SegmentationFiles& files, const Json& record,
                       const SegmentationRecord& now) {
  const Json made_by = record.value("made_by", Json::object());
  const auto differs = [&](const char* key) {
    return !made_by.is_object() || made_by.value(key, Json()) != now.made_by.value(key, Json());
  };
  if (record.value("made_from", Json()) != now.made_from) return "of another or changed scan";
  if (differs("weights")) return "of other weights or folds";
  for (const char* key : {"plans", "configuration", "settings"})
    if (differs(key)) return "of other plans";
  if (!is_about(files.labels, record)) return "in another format";
  return made_by == now.made_by ? "" : "of other options";
}

constexpr const char* kUnfinished = "unfinished";

/// Whether the record is of an ensemble, a post-processing or another file than a prediction.
bool is_of_other_maker(const Json& record) {
  const Json made_by = record.value("made_by", Json());
  return made_by.is_object() && !made_by.contains(kPrediction.entry);
}

}  // namespace

Json made_by(const Model& model, const PredictOptions& options) {
  Json weights = Json::array();
  for (const fs::path& file : model.checkpoints)
    weights.push_back({{"fold", file.parent_path().filename().string()},
                       {"checkpoint", file.filename().string()},
                       {"identity", weights_identity(file)}});
  Json json = {{"plans", model.plans.plans_name},
               {"configuration", model.configuration.name},
               {"settings", sha256_of_text(deciding_settings(model).dump())},
               {"weights", weights},
               {"mirror_axes", options.mirroring ? model.mirror_axes : std::vector<int>{}},
               {"step_size", options.step_size},
               {"orientation", options.orientation},
               {"precision", options.precision},
               {"engine", options.engine}};
  json.update(to_json(written_labels(options, model.dataset)));
  return json;
}

Json computed_in(const SlidingWindowOptions& window) {
  return {{"device", device_name(window.device)},
          {"precision", precision_name(window.precision)},
          {"instruction_set", net::instruction_set_name(net::instruction_set())},
          {"threads", at::get_num_threads()}};
}

Json made_from(const std::vector<fs::path>& files) {
  Json stamps = Json::array();
  for (const fs::path& file : files) stamps.push_back(stamp(file));
  return stamps;
}

std::vector<fs::path> recorded_beside(const SegmentationFiles& files) {
  const Json record = read_record(files.record);
  const auto has = [&](const char* key) { return record.value(key, Json()).is_object(); };
  std::vector<fs::path> beside;
  for (const RecordedMask& mask : masks_of(files, record)) beside.push_back(mask.file);
  if (has("uncertainty")) beside.push_back(recorded_name(files.uncertainty, record, "uncertainty"));
  if (has("probability_image")) beside.push_back(files.probability_image);
  if (has("probabilities"))
    for (const char* ending : {".npz", ".pkl", ".json"})
      beside.push_back(files.stem.string() + ending);
  if (has("statistics") && !files.statistics.empty())
    for (const char* ending : {".json", ".csv"})
      beside.push_back(files.statistics.string() + ending);
  std::erase_if(beside, [](const fs::path& file) { return !fs::exists(file); });
  return beside;
}

std::vector<fs::path> recorded_in_other_formats(const SegmentationFiles& files) {
  std::vector<fs::path> maps;
  for (const Json& one : other_formats(files, read_record(files.record)))
    maps.push_back(recorded_name(files.labels, one, "labels"));
  return maps;
}

void begin_record(const SegmentationFiles& files, const SegmentationRecord& record) {
  const auto earlier = recorded_beside(files);
  write_json(files.record, {{kUnfinished, true},
                            {"made_by", record.made_by},
                            {"made_from", record.made_from},
                            {kOtherFormats, other_formats(files, read_record(files.record))}});
  for (const fs::path& file : earlier) fs::remove(file);
}

void write_record(const SegmentationFiles& files, const SegmentationRecord& record,
                  const WrittenBeside& beside) {
  Json masks = Json::array();
  for (const fs::path& mask : beside.masks) masks.push_back(stamp(mask));
  write_json(
      files.record,
      {{"made_by", record.made_by},
       {"made_from", record.made_from},
       {"computed_in", record.computed_in},
       {"labels", stamp_of_output(files.labels)},
       {"probabilities", beside.probabilities ? stamp(probabilities_file(files)) : Json()},
       {"probability_image", beside.probability_image ? stamp(files.probability_image) : Json()},
       {"uncertainty", beside.uncertainty ? stamp(files.uncertainty) : Json()},
       {"masks", masks},
       {"statistics", beside.statistics},
       {kOtherFormats, other_formats(files, read_record(files.record))}});
}

Json read_record(const fs::path& file) {
  try {
    const Json record = read_json(file);
    return record.is_object() ? record : Json::object();
  } catch (const Error&) {
    return Json::object();
  }
}

EarlierSegmentation earlier_segmentation(const SegmentationFiles& files,
                                         const SegmentationRecord& now, const Expected& expected) {
  if (!fs::exists(files.labels)) return {};
  const Json record = read_record(files.record);
  if (is_of_other_maker(record)) return {Earlier::unknown};
  if (record.contains(kUnfinished)) return {Earlier::damaged, "unfinished"};
  const Json told = told_of(files.labels, record);
  const bool as_left = is_as_left(files.labels, told.value("labels", Json()));
  if (!as_left && !is_label_map(files.labels, expected.reader))
    return {Earlier::damaged, "empty or damaged"};
  if (!is_about(files.labels, told)) return {Earlier::unknown};
  if (!as_left) return {Earlier::changed};
  if (const std::string other = difference(files, record, now); !other.empty())
    return {Earlier::other, other};
  if (!has_all(files, record, expected))
    return {Earlier::damaged, "without something that is wanted beside it"};
  return {Earlier::same};
}

bool may_be_replaced(const SegmentationFiles& files, const SegmentationRecord& now) {
  const Json record = told_of(files.labels, read_record(files.record)), there = stamp(files.labels);
  if (there.is_object() && there.at("bytes") == 0) return true;
  const bool as_left =
      record.contains(kUnfinished) || is_as_left(files.labels, record.value("labels", Json()));
  return as_left && record.value("made_from", Json()) == now.made_from;
}

void refuse_to_lose_beside(const SegmentationFiles& files, const Expected& expected) {
  const Json record = read_record(files.record);
  if (record.contains(kUnfinished)) return;
  const auto require_free = [](const fs::path& file, bool is_recorded) {
    if (!is_recorded && fs::exists(file))
      throw would_be_replaced(file, "is there already, and no record of seg tells of it");
  };
  const auto require = [&](bool wanted, const char* key, const fs::path& file) {
    if (wanted) require_free(file, record.value(key, Json()).is_object());
  };
  for (const char* ending : {".npz", ".pkl", ".json"})
    require(expected.probabilities, "probabilities", files.stem.string() + ending);
  require(expected.probability_image, "probability_image", files.probability_image);
  if (expected.uncertainty)
    require_free(files.uncertainty, tells_of(files.uncertainty, record, "uncertainty"));
  if (!files.statistics.empty())
    for (const char* ending : {".json", ".csv"})
      require(expected.statistics, "statistics", files.statistics.string() + ending);
  const auto recorded = masks_of(files, record);
  for (const std::string& name : expected.masks)
    require_free(files.stem / name,
                 std::ranges::count(recorded, files.stem / name, &RecordedMask::file) > 0);
}

void refuse_to_lose(const SegmentationFiles& files, const SegmentationRecord& now) {
  if (fs::exists(files.labels) && !may_be_replaced(files, now))
    throw would_be_replaced(files.labels,
                            "is there already, and is not what seg made of the same files");
}

Json recorded_scan(const fs::path& record, std::size_t channels) {
  const Json made_from = read_record(record).value("made_from", Json());
  if (!made_from.is_array() || made_from.size() < channels) return {};
  Json scan = Json::array();
  for (std::size_t channel = 0; channel < channels; ++channel) scan.push_back(made_from[channel]);
  return without_times(scan);
}

}  // namespace seg::train
