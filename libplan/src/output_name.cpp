#include "seg/plan/output_name.hpp"

#include <algorithm>
#include <cctype>

namespace seg {
namespace {

namespace fs = std::filesystem;

std::string in_lower_case(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char letter) { return std::tolower(letter); });
  return text;
}

bool is_version(const std::string& ending) {
  return ending[0] == 'v' && ending.size() > 1 &&
         ending.find_first_not_of("0123456789", 1) == std::string::npos;
}

}  // namespace

bool has_ending(const fs::path& file, const std::string& ending) {
  return in_lower_case(file.filename().string()).ends_with(ending);
}

bool is_written_as_file(const fs::path& path) {
  constexpr std::size_t longest = 5;
  if (!path.has_extension()) return false;
  const std::string ending = in_lower_case(path.extension().string().substr(1));
  return !ending.empty() && ending.size() <= longest && std::isalpha(ending[0]) != 0 &&
         std::ranges::all_of(ending, [](unsigned char c) { return std::isalnum(c) != 0; }) &&
         !is_version(ending);
}

void require_folder_name(const fs::path& output) {
  std::error_code unreadable;
  if (fs::is_directory(output, unreadable)) return;
  if (fs::exists(output, unreadable))
    throw Error(output.string(), "is a file, but a folder is to be written", "give another name");
  if (is_written_as_file(output))
    throw Error(output.string(), "is not there, and named like a file instead of a folder",
                "give a folder's name; with a slash at its end any name is one");
}

void require_file_name(const fs::path& output, const std::string& ending) {
  std::error_code unreadable;
  if (fs::is_directory(output, unreadable))
    throw Error(output.string(), "is a folder", "give the name of a file that ends in " + ending);
  if (!has_ending(output, ending) || !output.has_stem() || output.filename() == ending)
    throw Error(output.string(), "does not end in " + ending + ", which is what is written",
                "name it so");
}

Error would_be_replaced(const fs::path& output, const std::string& what) {
  return {output.string(), what, "give another name, or use `overwrite` to replace it"};
}

}  // namespace seg
