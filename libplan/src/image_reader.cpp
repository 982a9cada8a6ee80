#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "seg/plan/planner.hpp"

namespace seg::plan {
namespace {

constexpr std::string_view readers[] = {
    "NaturalImage2DIO", "SimpleITKIO",           "Tiff3DIO",
    "NibabelIO",        "NibabelIOWithReorient", "SimpleITKIOWithReorient"};

bool known(const std::string& reader) {
  return std::ranges::find(readers, reader) != std::end(readers);
}

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

bool pictures(const Fingerprint& fingerprint) { return fingerprint.spacings.front()[0] == 999; }

}  // namespace

std::string image_reader(const Dataset& dataset, const Fingerprint& fingerprint) {
  if (dataset.image_reader_writer && known(*dataset.image_reader_writer))
    return *dataset.image_reader_writer;
  const std::string ending = lower_case(dataset.file_ending);
  if (ending == ".png" || ending == ".bmp") return "NaturalImage2DIO";
  if (ending == ".tif") return pictures(fingerprint) ? "NaturalImage2DIO" : "Tiff3DIO";
  if (ending == ".tiff") return "Tiff3DIO";
  return ending == ".nii" ? "NibabelIO" : "SimpleITKIO";
}

}  // namespace seg::plan
