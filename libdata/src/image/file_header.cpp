#include "image/file_header.hpp"

#include <itk_zlib.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <sstream>

#include "seg/plan/error.hpp"

namespace seg::data {
namespace {

namespace fs = std::filesystem;

bool lies_beside(const fs::path& path) {
  return path.is_relative() && path.has_filename() && *path.lexically_normal().begin() != "..";
}

/// "slice_%03d.raw 1 20 1" and "LIST".
bool names_several(const std::string& name) {
  return name.starts_with("LIST") || name.find('%') != std::string::npos;
}

}  // namespace

void refuse_header(const fs::path& file, const std::string& problem) {
  throw Error(file.string(), "its header is damaged (" + problem + ")",
              "copy or export the file again");
}

void require_bytes(const fs::path& file, const ClaimedBytes& bytes) {
  if (!(bytes.needed <= bytes.available))
    throw Error(file.string(), "is truncated: voxels are missing at its end",
                "copy or export the file again");
}

bool is_in_space(double number) { return std::abs(number) <= 1e9; }

void require_millimetres(const fs::path& file, const std::string& field, const std::string& unit) {
  std::string name = unit;
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
  for (const char* known :
       {"", "?", "mm", "millimeter", "millimeters", "millimetre", "millimetres"})
    if (name == known) return;
  throw Error(file.string(), "its " + field + " are \"" + unit + "\", which nobody converts",
              "store lengths in millimetres (mm)");
}

void require_in_space(const fs::path& file, const std::string& field,
                      const std::vector<double>& numbers) {
  for (const double number : numbers) {
    std::ostringstream text;
    text << field << " holds " << number;
    if (!is_in_space(number)) refuse_header(file, text.str());
  }
}

std::string first_bytes(const fs::path& file, std::size_t count) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> stream(gzopen(file.c_str(), "rb"), &gzclose);
  std::string bytes(count, '\0');
  const int got = stream ? gzread(stream.get(), bytes.data(), static_cast<unsigned>(count)) : 0;
  bytes.resize(static_cast<std::size_t>(std::max(got, 0)));
  return bytes;
}

std::vector<double> numbers_in(const std::string& list) {
  std::vector<double> numbers;
  const char* next = list.c_str();
  while (*next) {
    char* end = nullptr;
    const double number = std::strtod(next, &end);
    if (end != next) numbers.push_back(number);
    // A word that is no number is passed over whole.
    if (end == next) end += std::max<std::size_t>(1, std::strcspn(next, " \t,()\r"));
    next = end;
  }
  return numbers;
}

fs::path file_beside(const fs::path& header, const std::string& name) {
  if (names_several(name))
    throw Error(header.string(), "spreads its voxels over several files",
                "store them in one, as .nrrd, .mha or .nii.gz");
  if (!lies_beside(name))
    throw Error(header.string(), "names a file for its voxels that does not lie beside it",
                "keep both in one folder, and its name alone in the header");
  const fs::path file = header.parent_path() / name;
  std::error_code code;
  if (!fs::is_regular_file(file, code))
    throw Error(ErrorKind::not_found,
                {header.string(),
                 "its voxels are missing: there is no " + file.filename().string() + " beside it",
                 "copy both files"});
  return file;
}

}  // namespace seg::data
