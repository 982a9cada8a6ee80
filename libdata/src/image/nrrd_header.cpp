#include <algorithm>
#include <cctype>
#include <cmath>
#include <fstream>
#include <iomanip>
#include <map>
#include <sstream>

#include "image/file_header.hpp"
#include "seg/plan/error.hpp"

namespace seg::data {
namespace {

namespace fs = std::filesystem;

/// NrrdIO writes a line that it does not understand into a message of a fixed size.
constexpr std::size_t longest_field = 500;

/// NrrdIO looks through all earlier pairs for each: 100 000 of them take it a minute.
constexpr std::size_t most_pairs = 10000;

/// A header's fields, by their names in lower case without blanks, and where it ends.
struct NrrdHeader {
  std::map<std::string, std::string> fields;
  std::size_t pairs = 0;
  double end = 0;

  std::string get(const std::string& name) const {
    const auto found = fields.find(name);
    return found == fields.end() ? "" : found->second;
  }
};

std::string lower_case_without_blanks(std::string text) {
  std::erase_if(text, [](unsigned char c) { return std::isspace(c); });
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

/// "NAME: VALUE"; comments and pairs "KEY:=VALUE" may be of any length.
void add_field(const std::string& line, NrrdHeader& header, const fs::path& file) {
  if (line.starts_with('#')) return;
  if (line.find(":=") != std::string::npos) {
    if (++header.pairs > most_pairs)
      refuse_header(file, "more than " + std::to_string(most_pairs) + " pairs of key and value");
    return;
  }
  const auto colon = line.find(": ");
  const std::string name = lower_case_without_blanks(line.substr(0, colon));
  if (line.size() > longest_field && name != "content")
    refuse_header(file, "a field of " + std::to_string(line.size()) + " characters");
  if (colon == std::string::npos) return;
  const auto value = line.find_first_not_of(" \t", colon + 1);
  header.fields[name] = value == std::string::npos ? "" : line.substr(value);
}

NrrdHeader read_nrrd_header(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  NrrdHeader header;
  std::string line;
  if (!std::getline(stream, line) || !line.starts_with("NRRD000"))
    throw Error(file.string(), "its content is not what its name says or is damaged",
                "export the scan again");
  while (std::getline(stream, line)) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) break;
    add_field(line, header, file);
  }
  stream.clear();
  header.end = static_cast<double>(stream.tellg());
  return header;
}

/// At least; NrrdIO refuses types that it does not know.
double bytes_of_nrrd_type(const std::string& type) {
  const auto has = [&](const char* part) { return type.find(part) != std::string::npos; };
  if (has("char") || has("int8")) return 1;
  if (has("short") || has("16")) return 2;
  if (has("longlong") || has("64") || has("double")) return 8;
  return has("int") || has("float") ? 4 : 1;
}

/// The fewest bytes of a file that may stand for one byte of voxels.
double packed_share(const std::string& encoding) {
  if (encoding == "gz" || encoding == "gzip") return 1 / most_per_packed_byte;
  if (encoding == "hex") return 2;
  return encoding == "raw" ? 1 : 0;
}

/// NrrdIO takes bytes that are no gzip for voxels.
void require_gzip(const NrrdHeader& header, const fs::path& file) {
  const std::string detached = header.get("datafile");
  const fs::path voxels = detached.empty() ? file : file_beside(file, detached);
  std::ifstream stream(voxels, std::ios::binary);
  if (detached.empty()) stream.seekg(static_cast<std::streamoff>(header.end));
  char magic[2] = {};
  stream.read(magic, 2);
  if (magic[0] != '\x1f' || magic[1] != '\x8b')
    refuse_header(file, "its voxels are not packed with gzip, as it says");
}

void check_length(const NrrdHeader& header, const fs::path& file) {
  double voxels = 1;
  for (const double extent : numbers_in(header.get("sizes"))) voxels *= extent;
  if (!std::isfinite(voxels) || voxels < 0) refuse_header(file, "its sizes are none");
  const std::string type = lower_case_without_blanks(header.get("type"));
  const std::string encoding = lower_case_without_blanks(header.get("encoding"));
  std::string detached = header.get("datafile");
  const double available = detached.empty()
                               ? static_cast<double>(fs::file_size(file)) - header.end
                               : static_cast<double>(fs::file_size(file_beside(file, detached)));
  // Text takes a digit and a blank for each number.
  const bool text = encoding == "text" || encoding == "txt" || encoding == "ascii";
  const double needed =
      text ? 2 * voxels - 1 : voxels * bytes_of_nrrd_type(type) * packed_share(encoding);
  require_bytes(file, {needed, available});
  const bool packed = encoding == "gz" || encoding == "gzip";
  if (packed && !header.fields.contains("lineskip")) require_gzip(header, file);
}

void check_place(const NrrdHeader& header, const fs::path& file) {
  for (const char* name : {"spacedirections", "spaceorigin", "measurementframe"})
    require_in_space(file, name, numbers_in(header.get(name)));
  // Axes that are not in space have NaN here.
  for (const char* name : {"spacings", "thicknesses", "axismins", "axismaxs"}) {
    auto numbers = numbers_in(header.get(name));
    std::erase_if(numbers, [](double number) { return std::isnan(number); });
    require_in_space(file, name, numbers);
  }
}

/// "mm" "mm" "mm": one for each axis of space.
void check_units(const NrrdHeader& header, const fs::path& file) {
  std::istringstream units(header.get("spaceunits"));
  for (std::string unit; units >> std::quoted(unit);)
    require_millimetres(file, "space units", unit);
}

}  // namespace

void check_nrrd_header(const fs::path& file) {
  const NrrdHeader header = read_nrrd_header(file);
  check_length(header, file);
  check_place(header, file);
  check_units(header, file);
}

bool nrrd_tells_spacing(const fs::path& file) {
  const NrrdHeader header = read_nrrd_header(file);
  return header.fields.contains("spacings") || header.fields.contains("spacedirections");
}

}  // namespace seg::data
