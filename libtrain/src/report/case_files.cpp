#include "report/case_files.hpp"

#include "base/sorted_entries.hpp"
#include "seg/data/grid.hpp"
#include "seg/data/scan_reading.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/plans.hpp"

namespace seg::train {
namespace fs = std::filesystem;
namespace {

/// The folder that the record of a prediction names, empty where it names none.
fs::path recorded_input(const fs::path& predictions, Notices& notices) {
  for (const fs::path& entry : sorted_entries(predictions)) {
    if (!entry.filename().string().starts_with("seg_predict")) continue;
    const Json record = read_if_there(entry, notices);
    if (!record.is_object()) continue;
    const Json input = record.value("options", Json::object()).value("input", Json());
    if (input.is_string()) return input.get<std::string>();
  }
  return {};
}

std::vector<data::Case> cases_in(const fs::path& scans, const ReportSources& sources) {
  return data::cases_to_predict(scans, static_cast<int>(sources.dataset->channel_names.size()),
                                sources.dataset->file_ending);
}

std::vector<data::Case> find_cases(const ReportSources& sources, const fs::path& scans,
                                   Notices& notices) {
  if (!scans.empty()) return cases_in(scans, sources);
  if (sources.work) return data::work_cases(*sources.work);
  const fs::path input = recorded_input(sources.folder, notices);
  if (!input.empty()) return cases_in(input, sources);
  notices.add(sources.folder.string() +
              ": no record says where its scans are, so label maps are shown without them; give "
              "the folder of the scans");
  return {};
}

/// By which images are read; by file where the plans do not say.
data::ImageReader reader_in(const fs::path& folder) {
  if (!fs::exists(folder / "plans.json")) return {};
  return data::image_reader(plan::read_plans(folder / "plans.json"));
}

}  // namespace

CaseFinder::CaseFinder(const ReportSources& sources, const fs::path& scans, Notices& notices)
    : sources_(sources), notices_(notices) {
  if (!sources.dataset) return;
  notices.guard(sources.folder, [&] {
    for (data::Case& one : find_cases(sources, scans, notices)) {
      const std::string name = one.name;
      cases_.emplace(name, std::move(one));
    }
  });
}

fs::path CaseFinder::reference_of(const CaseResult& result) const {
  if (result.reference.empty() || fs::exists(result.reference)) return result.reference;
  const auto known = cases_.find(result.name);
  if (known != cases_.end() && known->second.label) return *known->second.label;
  notices_.add(result.reference.string() + ": is not there from here, so " + result.name +
               " is shown without its reference");
  return {};
}

CaseImages CaseFinder::read(const CaseResult& result, const fs::path& folder) const {
  const data::ImageReader reader = reader_in(folder);
  const auto labels = [&](const fs::path& file) {
    return data::read_label_map(file, data::label_map_reader(file, reader));
  };
  const data::Image prediction = labels(result.prediction);
  const auto tell_place = [&](const fs::path& file, const data::Image& image) {
    const std::string difference = data::grid_difference(
        {image.data.sizes(), image.geometry}, {prediction.data.sizes(), prediction.geometry});
    if (!difference.empty())
      notices_.add(file.string() + ": has " + difference + " as the prediction " +
                   result.prediction.string() + "; they are shown voxel by voxel all the same");
  };
  CaseImages images;
  images.input.labels = prediction.data[0];
  images.input.geometry = prediction.geometry;
  const fs::path reference = reference_of(result);
  if (!reference.empty()) {
    const data::Image map = labels(reference);
    images.input.reference = map.data[0];
    tell_place(reference, map);
  }
  const auto known = cases_.find(result.name);
  images.has_scan = known != cases_.end() && notices_.guard(result.prediction, [&] {
    data::Case first = known->second;
    data::require_readable(first);
    first.channels.resize(1);
    const auto scan = data::read_scan(first, {reader, sources_.dataset->file_ending});
    images.input.scan = scan.data[0];
    tell_place(first.channels.front(), scan);
  });
  if (!images.has_scan) images.input.scan = at::zeros(prediction.data[0].sizes(), at::kByte);
  return images;
}

}  // namespace seg::train
