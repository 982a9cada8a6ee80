#include "seg/data/dicom.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <string_view>

namespace seg::data {
namespace {

namespace fs = std::filesystem;

/// Calls found(file) for every DICOM file until it gives false.
template <class Found>
void for_each_dicom_file(const fs::path& folder, Found found) {
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(folder, code)) {
    const bool hidden = entry.path().filename().string().starts_with('.');
    if (!hidden && entry.is_regular_file(code) && is_dicom_file(entry.path()))
      if (!found(entry.path())) return;
  }
}

}  // namespace

bool is_dicom_file(const fs::path& file) {
  std::error_code code;
  if (!fs::is_regular_file(file, code)) return false;  // a pipe would be waited for
  std::array<char, 132> bytes{};
  std::ifstream stream(file, std::ios::binary);
  return stream.read(bytes.data(), bytes.size()) &&
         std::string_view(bytes.data() + 128, 4) == "DICM" && file.filename() != "DICOMDIR";
}

std::vector<fs::path> dicom_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for_each_dicom_file(folder, [&](const fs::path& file) {
    files.push_back(file);
    return true;
  });
  std::sort(files.begin(), files.end());
  return files;
}

bool holds_dicom(const fs::path& folder) {
  bool any = false;
  for_each_dicom_file(folder, [&](const fs::path&) { return !(any = true); });
  return any;
}

}  // namespace seg::data
