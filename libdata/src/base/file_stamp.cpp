#include "base/file_stamp.hpp"

namespace seg::data {
namespace fs = std::filesystem;

Json file_stamp(const fs::path& file) {
  const fs::path place = fs::weakly_canonical(fs::absolute(file).parent_path()) / file.filename();
  return {place.string(), fs::file_size(file),
          fs::last_write_time(file).time_since_epoch().count()};
}

}  // namespace seg::data
