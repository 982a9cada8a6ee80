#include "image/tiff_spacing.hpp"

#include <regex>

#include "seg/plan/error.hpp"
#include "seg/plan/files.hpp"

namespace seg::data {
namespace {

namespace fs = std::filesystem;

fs::path named_like(const fs::path& file, const std::string& stem) {
  return file.parent_path() / (stem + ".json");
}

/// A label map's name has no channel number, whatever it ends with; an image's may have none.
fs::path spacing_file(const TiffStack& stack) {
  static const std::regex channel("_\\d{4}$");
  const std::string stem = stack.file.stem().string();
  const fs::path own = named_like(stack.file, stem);
  if (stack.is_label) return own;
  const fs::path of_case = named_like(stack.file, std::regex_replace(stem, channel, ""));
  return fs::exists(of_case) || !fs::exists(own) ? of_case : own;
}

}  // namespace

void read_tiff_spacing(const TiffStack& stack, Geometry& geometry, const Reporter& reporter) {
  const fs::path beside = spacing_file(stack);
  if (!fs::exists(beside))
    return reporter.warn(stack.file.string() + ": no " + beside.filename().string() +
                         " gives the spacing; 1 mm is assumed");
  try {
    const auto spacing = read_json(beside).at("spacing").get<std::array<double, 3>>();
    geometry.spacing = {spacing[2], spacing[1], spacing[0]};
  } catch (const Json::exception&) {
    throw Error(beside.string(), "does not give a spacing", "write {\"spacing\": [z, y, x]} in mm");
  }
}

bool has_tiff_spacing(const TiffStack& stack) { return fs::exists(spacing_file(stack)); }

void write_tiff_spacing(const fs::path& file, const Geometry& geometry) {
  write_json(named_like(file, file.stem().string()), {{"spacing", geometry.array_spacing()}});
}

}  // namespace seg::data
