#include "seg/data/image_reader.hpp"

#include <algorithm>
#include <array>

#include "seg/plan/error.hpp"
#include "seg/plan/image_reader.hpp"
#include "seg/plan/joined.hpp"

namespace seg::data {
namespace {

using Kind = ImageReader::Kind;

struct NamedReader {
  const char* name;
  ImageReader reader;
};

constexpr std::array<NamedReader, 6> readers{{{"NaturalImage2DIO", {Kind::picture, false}},
                                              {"SimpleITKIO", {Kind::itk, false}},
                                              {"Tiff3DIO", {Kind::tiff_stack, false}},
                                              {"NibabelIO", {Kind::nibabel, false}},
                                              {"NibabelIOWithReorient", {Kind::nibabel, true}},
                                              {"SimpleITKIOWithReorient", {Kind::itk, true}}}};

}  // namespace

ImageReader image_reader(const std::string& name, const std::string& source) {
  const auto* found =
      std::ranges::find_if(readers, [&](const NamedReader& known) { return name == known.name; });
  if (found != readers.end()) return found->reader;
  std::vector<std::string> names;
  names.reserve(readers.size());
  for (const auto& reader : readers) names.emplace_back(reader.name);
  throw Error(source, "names the image reader \"" + name + "\", which seg does not know",
              "there are " + joined(names));
}

ImageReader image_reader(const plan::Plans& plans) {
  return image_reader(plans.image_reader_writer, plans.source);
}

std::string name_of(const ImageReader& reader) {
  for (const auto& known : readers)
    if (known.reader == reader) return known.name;
  return "";
}

ImageReader with_orientation(ImageReader reader, const std::string& orientation) {
  if (orientation != "model" && orientation != "stored" && orientation != "RAS")
    throw Error(SettingValue{"orientation", orientation}, "is not known",
                "it must be model, stored or RAS");
  if (orientation == "model") return reader;
  const bool is_picture = reader.kind == Kind::picture || reader.kind == Kind::tiff_stack;
  if (orientation == "RAS" && is_picture)
    throw Error(SettingValue{"orientation", orientation},
                "cannot be had, as " + name_of(reader) +
                    " reads pictures, which do not say where they lie in a patient",
                "leave it at model");
  reader.reorients = orientation == "RAS";
  return reader;
}

}  // namespace seg::data
