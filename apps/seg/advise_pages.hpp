#pragma once

#include <cstddef>

#ifdef __linux__
#include <sys/mman.h>
#include <unistd.h>

namespace seg::app {

/// Tells the system about the pages that lie whole within a block; see madvise(2). A system that
/// does not know the advice says so, and goes on as before.
inline void advise_pages(void* data, std::size_t bytes, int advice) {
  static const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::size_t before = (page - reinterpret_cast<std::size_t>(data) % page) % page;
  if (bytes > before)
    madvise(static_cast<char*>(data) + before, (bytes - before) / page * page, advice);
}

}  // namespace seg::app
#endif
