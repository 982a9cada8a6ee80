#include "seg/plan/durable.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace seg {

void wait_for_disk(const std::filesystem::path& file) {
  const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return;
  fsync(descriptor);
  close(descriptor);
}

}  // namespace seg
