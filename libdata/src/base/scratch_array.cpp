#include "seg/data/scratch_array.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "seg/data/memory.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/files.hpp"

namespace seg::data {
namespace {
namespace fs = std::filesystem;

/// Removes a name at the end of the scope; what is mapped stays.
struct Unnamed {
  const fs::path& file;
  ~Unnamed() { unlink(file.c_str()); }
};

/// A page without a block on the disk would end the program when it is written.
void reserve(const fs::path& file, std::int64_t bytes) {
  const int descriptor = open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const int problem = descriptor < 0 ? errno : posix_fallocate(descriptor, 0, bytes);
  if (descriptor >= 0) close(descriptor);
  if (problem == 0) return;
  const Error reason = cannot_write(file.parent_path() / "", problem);
  throw Error(reason.kind(), {file.parent_path().string(),
                              "has no room for " + memory_text(bytes) +
                                  " of scores that do not fit into memory (" +
                                  std::generic_category().message(problem) + ")",
                              "free space, or allow more (`max_memory`)"});
}

}  // namespace

at::Tensor scratch_array(at::IntArrayRef shape, const std::optional<fs::path>& folder) {
  if (!folder) return at::empty(shape, at::kFloat);
  const std::int64_t count = c10::multiply_integers(shape);
  const fs::path file = temporary_beside(*folder / "scores");
  const Unnamed unnamed{file};
  reserve(file, count * static_cast<std::int64_t>(sizeof(float)));
  return at::from_file(file.string(), /*shared=*/true, count, at::kFloat).view(shape);
}

}  // namespace seg::data
