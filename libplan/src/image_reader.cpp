#include "seg/plan/image_reader.hpp"

#include <algorithm>
#include <cctype>

#include "seg/plan/error.hpp"
#include "seg/plan/joined.hpp"

namespace seg::plan {
namespace {

/// Readers in the order in which nnU-Net tries them, with the endings that they know. It has none
/// for .mhd and .nhdr, which ITK reads as it reads .mha and .nrrd. SimpleITKIOWithReorient is taken
/// only where it is asked for.
struct ReaderRule {
  std::string name;
  std::vector<std::string> endings;
};

const std::vector<ReaderRule>& rules() {
  static const std::vector<ReaderRule> all{
      {"NaturalImage2DIO", {".png", ".bmp", ".tif"}},
      {"SimpleITKIO", {".nii.gz", ".nrrd", ".mha", ".gipl", ".nhdr", ".mhd"}},
      {"Tiff3DIO", {".tif", ".tiff"}},
      {"NibabelIO", {".nii", ".nii.gz"}},
      {"NibabelIOWithReorient", {".nii", ".nii.gz"}},
      {"SimpleITKIOWithReorient", {}}};
  return all;
}

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::vector<std::string> readers_of_ending(const Dataset& dataset) {
  const std::string ending = lower_case(dataset.file_ending);
  std::vector<std::string> names;
  for (const auto& [name, endings] : rules())
    if (std::ranges::find(endings, ending) != endings.end()) names.push_back(name);
  if (names.empty())
    throw Error(dataset.name,
                "no image reader knows the file ending \"" + dataset.file_ending + "\"",
                "correct file_ending in dataset.json, such as \".nii.gz\", or convert the images");
  return names;
}

const std::string& known_reader(const std::string& name, const Dataset& dataset) {
  const auto& names = image_reader_names();
  if (std::ranges::find(names, name) == names.end())
    throw Error(dataset.name,
                "dataset.json asks for the image reader \"" + name + "\", which there is not",
                "overwrite_image_reader_writer may be " + joined(names));
  return name;
}

bool pictures(const Fingerprint& fingerprint) { return fingerprint.spacings.front()[0] == 999; }

}  // namespace

const std::vector<std::string>& image_reader_names() {
  static const auto names = [] {
    std::vector<std::string> all;
    for (const auto& rule : rules()) all.push_back(rule.name);
    return all;
  }();
  return names;
}

std::string image_reader(const Dataset& dataset, const CanRead& can_read) {
  if (dataset.image_reader_writer) return known_reader(*dataset.image_reader_writer, dataset);
  const auto candidates = readers_of_ending(dataset);
  const auto found = std::ranges::find_if(candidates, can_read);
  return found == candidates.end() ? candidates.front() : *found;
}

std::string image_reader(const Dataset& dataset, const Fingerprint& fingerprint) {
  return image_reader(dataset, [&](const std::string& reader) {
    if (fingerprint.image_reader) return reader == *fingerprint.image_reader;
    return reader != "NaturalImage2DIO" || pictures(fingerprint);
  });
}

}  // namespace seg::plan
