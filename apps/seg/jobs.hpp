#pragma once

#include <algorithm>
#include <thread>

namespace seg::app {

/// The default of --jobs.
inline int all_cores() {
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace seg::app
