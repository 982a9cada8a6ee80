#include "image/tiff_spacing.hpp"

#include <regex>

#include "seg/plan/error.hpp"
#include "seg/plan/files.hpp"

namespace seg::data {
namespace {

namespace fs = std::filesystem;

fs::path file_beside(const fs::path& file) {
  static const std::regex channel("_\\d{4}$");
  return file.parent_path() / (std::regex_replace(file.stem().string(), channel, "") + ".json");
}

}  // namespace

void read_tiff_spacing(const fs::path& file, Geometry& geometry, const Reporter& reporter) {
  const fs::path beside = file_beside(file);
  if (!fs::exists(beside))
    return reporter.warn(file.string() + ": no " + beside.filename().string() +
                         " gives the spacing; 1 mm is assumed");
  try {
    const auto spacing = read_json(beside).at("spacing").get<std::array<double, 3>>();
    geometry.spacing = {spacing[2], spacing[1], spacing[0]};
  } catch (const Json::exception&) {
    throw Error(beside.string(), "does not give a spacing", "write {\"spacing\": [z, y, x]} in mm");
  }
}

void write_tiff_spacing(const fs::path& file, const Geometry& geometry) {
  write_json(file_beside(file), {{"spacing", geometry.array_spacing()}});
}

}  // namespace seg::data
