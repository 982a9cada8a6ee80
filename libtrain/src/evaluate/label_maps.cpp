#include "evaluate/label_maps.hpp"

#include <algorithm>

#include "seg/data/output_format.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/nearest_entry.hpp"

namespace seg::train {
namespace fs = std::filesystem;

void require_folder(const fs::path& folder) {
  std::error_code unreadable;
  if (fs::is_directory(folder, unreadable)) return;
  if (fs::exists(folder, unreadable))
    throw Error(folder.string(), "is a file", "give the folder that it is in");
  throw Error(ErrorKind::not_found,
              {folder.string(), "there is no such folder", nearest_entry(folder)});
}

std::vector<std::string> files_ending_with(const fs::path& folder, const std::string& ending) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(ending) && !name.starts_with(".")) names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

std::vector<std::string> label_maps(const fs::path& folder, const std::string& file_ending) {
  require_folder(folder);
  auto names = files_ending_with(folder, file_ending);
  const bool is_dicom = std::ranges::any_of(
      files_ending_with(folder, ""), [](const auto& name) { return data::is_dicom_name(name); });
  if (is_dicom && (names.empty() || data::is_dicom_name("x" + file_ending)))
    throw Error(folder.string(), "holds DICOM Segmentations, which seg writes, but does not read",
                "segment the scans with `output_type=nii.gz`");
  if (names.empty())
    throw Error(folder.string(), "there is no file that ends with " + file_ending,
                "give the folder of label maps");
  return names;
}

std::vector<std::string> cases_in(const fs::path& folder, const std::string& file_ending) {
  auto names = label_maps(folder, file_ending);
  for (std::string& name : names) name.resize(name.size() - file_ending.size());
  return names;
}

// Without sorting voxels, as at::_unique would.
std::set<int> values_in(const at::Tensor& map) {
  const at::Tensor labels = map.contiguous();
  const auto* voxels = labels.const_data_ptr<std::int16_t>();
  std::vector<std::uint8_t> held(1 << 16);
  for (std::int64_t i = 0; i < labels.numel(); ++i) held[static_cast<std::uint16_t>(voxels[i])] = 1;
  std::set<int> values;
  for (std::size_t value = 0; value < held.size(); ++value)
    if (held[value] != 0) values.insert(static_cast<std::int16_t>(value));
  return values;
}

std::set<int> named_values(const plan::Labels& labels) {
  std::set<int> named(labels.all.begin(), labels.all.end());
  for (const auto& values : labels.foreground()) named.insert(values.begin(), values.end());
  if (labels.ignore) named.insert(*labels.ignore);
  return named;
}

}  // namespace seg::train
