#include "predict/dicom_output.hpp"

#include "seg/data/output_format.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/same_place.hpp"
#include "seg/plan/terminology.hpp"

namespace seg::train {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_name = 64;  // PS3.5, 6.2: of an LO

std::map<std::string, plan::SegmentTerms> terms_of(const PredictOptions& options,
                                                   const plan::Dataset& dataset) {
  std::vector<std::string> names;
  for (const NamedLabel& label : written_labels({}, dataset).labels) names.push_back(label.name);
  if (options.terminology)
    return plan::segment_terms(read_json(*options.terminology), names,
                               options.terminology->string());
  if (!dataset.json.contains("terminology")) return {};
  return plan::segment_terms(dataset.json["terminology"], names,
                             "the model's dataset.json, terminology");
}

Json to_json(const plan::CodedTerm& term) {
  return {{"value", term.value}, {"scheme", term.scheme}, {"meaning", term.meaning}};
}

}  // namespace

std::vector<data::DicomSegment> dicom_segments(const WrittenLabels& written,
                                               const PredictOptions& options,
                                               const plan::Dataset& dataset) {
  data::require_dicom_segmentation();
  if (written.split)
    throw Error(SettingValue{"split_labels", "on"},
                "is not for DICOM Segmentations, which hold each label apart",
                "leave it out, or choose another type with `output_type=nii.gz`");
  const auto terms = terms_of(options, dataset);
  std::vector<data::DicomSegment> segments;
  for (const NamedLabel& label : written.labels) {
    plan::require_dicom_text(label.name, longest_name, "the model's dataset.json, labels");
    const auto known = terms.find(label.name);
    segments.push_back(
        {label.name, label.values, known == terms.end() ? plan::SegmentTerms{} : known->second});
  }
  return segments;
}

void refuse_terminology(const PredictOptions& options, const fs::path& file) {
  if (options.terminology && !data::is_dicom_name(file))
    throw Error(SettingValue{"terminology", options.terminology->string()},
                "is for DICOM Segmentations", "give `output_type=dicom-seg`, or leave it out");
}

void require_dicom_scan(const data::Case& scan, const fs::path& file) {
  const fs::path& first = scan.channels.at(0);
  if (!data::is_dicom_scan(first))
    throw Error(first.string(), "is no DICOM series, whose slices a DICOM Segmentation names",
                "choose another type with `output_type=nii.gz`");
  const fs::path folder = file.has_parent_path() ? file.parent_path() : ".";
  for (const fs::path& channel : scan.channels)
    if (fs::is_directory(channel)) refuse_same_place(folder, channel, "the folder of the series");
}

Json to_json(const std::vector<data::DicomSegment>& segments) {
  Json json = Json::object();
  for (const data::DicomSegment& segment : segments) {
    json[segment.name] = {{"category", to_json(segment.terms.category)},
                          {"type", to_json(segment.terms.type)}};
    if (segment.terms.color) json[segment.name]["color"] = *segment.terms.color;
  }
  return json;
}

}  // namespace seg::train
