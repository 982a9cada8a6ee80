#include "image/image_format.hpp"

#include <itkBMPImageIO.h>
#include <itkGiplImageIO.h>
#include <itkMetaImageIO.h>
#include <itkNiftiImageIO.h>
#include <itkNrrdImageIO.h>
#include <itkPNGImageIO.h>
#include <itkTIFFImageIO.h>

#include <algorithm>
#include <array>
#include <regex>
#include <string_view>

#include "image/file_header.hpp"
#include "seg/data/image.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/output_name.hpp"

namespace seg::data {
namespace {

using MakeFormat = itk::ImageIOBase::Pointer (*)();

template <class Format>
itk::ImageIOBase::Pointer make() {
  return Format::New().GetPointer();
}

struct Ending {
  std::string_view text;
  MakeFormat make;
  void (*check)(const std::filesystem::path&);
  bool picture = false, separate_voxels = false;
  bool (*tells_spacing)(const std::filesystem::path&) =
      nullptr;  ///< of headers that may leave it out
};

/// Pictures that are not read through ITK, but by libraries that hold.
void not_needed(const std::filesystem::path&) {}

constexpr std::array<Ending, 11> endings{
    {{".nii.gz", make<itk::NiftiImageIO>, check_nifti_header},
     {".nii", make<itk::NiftiImageIO>, check_nifti_header},
     {".nrrd", make<itk::NrrdImageIO>, check_nrrd_header, false, false, nrrd_tells_spacing},
     {".nhdr", make<itk::NrrdImageIO>, check_nrrd_header, false, true, nrrd_tells_spacing},
     {".gipl", make<itk::GiplImageIO>, check_gipl_header},
     {".mha", make<itk::MetaImageIO>, check_meta_header, false, false, meta_tells_spacing},
     {".mhd", make<itk::MetaImageIO>, check_meta_header, false, true, meta_tells_spacing},
     {".png", make<itk::PNGImageIO>, not_needed, true},
     {".tif", make<itk::TIFFImageIO>, not_needed, true},
     {".tiff", make<itk::TIFFImageIO>, not_needed, true},
     {".bmp", make<itk::BMPImageIO>, check_bmp_header, true}}};

const Ending* find_ending(const std::filesystem::path& file) {
  const auto found = std::find_if(endings.begin(), endings.end(), [&](const Ending& ending) {
    return has_ending(file, std::string(ending.text));
  });
  return found == endings.end() ? nullptr : &*found;
}

bool is_gray_ramp(const itk::BMPImageIO::PaletteType& palette) {
  for (std::size_t i = 0; i < palette.size(); ++i)
    if (palette[i][0] != i || palette[i][1] != i || palette[i][2] != i) return false;
  return !palette.empty();
}

bool is_archive(const std::filesystem::path& file) {
  constexpr std::array archives{".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".7z", ".rar"};
  return std::ranges::any_of(archives,
                             [&](const char* ending) { return has_ending(file, ending); });
}

}  // namespace

itk::ImageIOBase::Pointer image_format(const std::filesystem::path& file) {
  // ITK's warnings would go to the terminal; what matters of them comes as exceptions.
  itk::Object::SetGlobalWarningDisplay(false);
  if (const Ending* ending = find_ending(file)) return ending->make();
  if (is_archive(file))
    throw Error(file.string(), "is an archive, which seg does not look into",
                "unpack it, and give a file or folder of what it holds");
  std::string known;
  for (const Ending& ending : endings) known.append(" ").append(ending.text);
  throw Error(file.string(), "the image format is not known", "use one of" + known);
}

void check_header(const std::filesystem::path& file) {
  if (const Ending* ending = find_ending(file)) ending->check(file);
}

bool tells_spacing(const std::filesystem::path& file) {
  const Ending* ending = find_ending(file);
  return !ending || !ending->tells_spacing || ending->tells_spacing(file);
}

std::string_view known_ending(const std::filesystem::path& file) {
  const Ending* ending = find_ending(file);
  return ending ? ending->text : "";
}

std::string image_ending(const std::filesystem::path& file) {
  const Ending* ending = find_ending(file);
  const std::string name = file.filename().string();
  return ending ? name.substr(name.size() - ending->text.size()) : "";
}

std::filesystem::path without_image_ending(const std::filesystem::path& file) {
  const std::string text = file.string();
  return text.substr(0, text.size() - image_ending(file).size());
}

bool is_picture(const std::filesystem::path& file) {
  const Ending* ending = find_ending(file);
  return ending && ending->picture;
}

bool has_separate_voxels(const std::filesystem::path& file) {
  const Ending* ending = find_ending(file);
  return ending && ending->separate_voxels;
}

void keep_gray(itk::ImageIOBase& io) {
  auto* bmp = dynamic_cast<itk::BMPImageIO*>(&io);
  if (!bmp || !is_gray_ramp(bmp->GetColorPalette())) return;
  bmp->ExpandRGBPaletteOff();
  bmp->ReadImageInformation();
}

std::string essence(const itk::ExceptionObject& exception) {
  // "ITK ERROR: NiftiImageIO(0x55...): what is wrong", and NRRD's trail of calls up to the cause.
  static const std::regex origin("^\\s*(ITK ERROR: )?(\\w*\\(0x[0-9a-f]+\\): *)?"), blanks("\\s+"),
      calls("^.*\\[nrrd\\] (\\w+: )?"), end("[.: ]+$");
  std::string text = std::regex_replace(exception.GetDescription(), origin, "");
  for (const auto& [what, by] : {std::pair{&blanks, " "}, {&calls, ""}, {&end, ""}})
    text = std::regex_replace(text, *what, by);
  return text;
}

Error unreadable(const std::filesystem::path& file, const itk::ExceptionObject& exception) {
  return {file.string(), "cannot be read (" + essence(exception) + ")",
          "copy or export the file again"};
}

}  // namespace seg::data
