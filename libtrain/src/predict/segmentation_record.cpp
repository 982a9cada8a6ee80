#include "predict/segmentation_record.hpp"

#include "model/weights_identity.hpp"
#include "seg/data/image.hpp"
#include "seg/plan/error.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

fs::path record_file(const SegmentationFiles& files) {
  return files.stem.parent_path() / "records" / (files.stem.filename().string() + ".json");
}

fs::path probabilities_file(const SegmentationFiles& files) { return files.stem.string() + ".npz"; }

/// Null for a file that is not there.
Json stamp(const fs::path& file) {
  if (!fs::exists(file)) return {};
  return {{"file", file.filename().string()},
          {"bytes", fs::file_size(file)},
          {"changed", fs::last_write_time(file).time_since_epoch().count()}};
}

bool is_label_map(const fs::path& file, const data::ImageReader& reader) {
  try {
    data::read_label_map(file, reader);
    return true;
  } catch (const Error&) {
    return false;
  }
}

/// Whether an output is as it was written; one whose stamp changed (by a copy) is looked at.
bool is_whole(const SegmentationFiles& files, const Json& record, const data::ImageReader& reader) {
  const fs::path& file = files.labels;
  if (!fs::exists(file) || fs::file_size(file) == 0) return false;
  return record.value("labels", Json()) == stamp(file) || is_label_map(file, reader);
}

bool has_probabilities(const SegmentationFiles& files, const Json& record) {
  const fs::path file = probabilities_file(files);
  const Json written = record.value("probabilities", Json());
  return written.is_object() && fs::exists(file) &&
         written.value("bytes", Json()) == fs::file_size(file);
}

Json read_record(const SegmentationFiles& files) {
  try {
    const Json record = read_json(record_file(files));
    return record.is_object() ? record : Json::object();
  } catch (const Error&) {
    return Json::object();
  }
}

}  // namespace

Json made_by(const Model& model, const PredictOptions& options) {
  Json weights = Json::array();
  for (const fs::path& file : model.checkpoints)
    weights.push_back({{"fold", file.parent_path().filename().string()},
                       {"checkpoint", file.filename().string()},
                       {"identity", weights_identity(file)}});
  return {{"plans", model.plans.plans_name},
          {"configuration", model.configuration.name},
          {"weights", weights},
          {"mirror_axes", options.mirroring ? model.mirror_axes : std::vector<int>{}},
          {"step_size", options.step_size},
          {"orientation", options.orientation},
          {"precision", options.precision}};
}

Json made_from(const std::vector<fs::path>& files) {
  Json stamps = Json::array();
  for (const fs::path& file : files) stamps.push_back(stamp(file));
  return stamps;
}

void remove_record(const SegmentationFiles& files) { fs::remove(record_file(files)); }

void write_record(const SegmentationFiles& files, const SegmentationRecord& record,
                  bool with_probabilities) {
  write_json(record_file(files),
             {{"made_by", record.made_by},
              {"made_from", record.made_from},
              {"labels", stamp(files.labels)},
              {"probabilities", with_probabilities ? stamp(probabilities_file(files)) : Json()}});
}

Earlier earlier_segmentation(const SegmentationFiles& files, const SegmentationRecord& now,
                             const Expected& expected) {
  if (!fs::exists(files.labels)) return Earlier::nothing;
  const Json record = read_record(files);
  if (!is_whole(files, record, expected.reader)) return Earlier::damaged;
  if (record.value("made_by", Json()) != now.made_by ||
      record.value("made_from", Json()) != now.made_from)
    return Earlier::other;
  return expected.probabilities && !has_probabilities(files, record) ? Earlier::damaged
                                                                     : Earlier::same;
}

}  // namespace seg::train
