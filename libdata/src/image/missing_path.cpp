#include "image/missing_path.hpp"

#include "seg/plan/error.hpp"
#include "seg/plan/nearest_entry.hpp"
#include "seg/plan/output_name.hpp"

namespace seg::data {
namespace {

namespace fs = std::filesystem;

Error not_there(const fs::path& path, const std::error_code& why) {
  std::error_code code;
  if (fs::is_symlink(path, code))
    return {ErrorKind::not_found,
            {path.string(),
             "links to " + fs::read_symlink(path, code).string() + ", which is not there",
             "mend the link"}};
  if (why == std::errc::no_such_file_or_directory || why == std::errc::not_a_directory || !why)
    return {ErrorKind::not_found,
            {path.string(),
             std::string(is_written_as_file(path) ? "the file" : "the file or folder") +
                 " does not exist",
             nearest_entry(path)}};
  return {path.string(), "cannot be read (" + why.message() + ")",
          "check its name and permissions"};
}

}  // namespace

void require_there(const fs::path& path) {
  std::error_code code;
  if (!fs::exists(path, code)) throw not_there(path, code);
}

}  // namespace seg::data
