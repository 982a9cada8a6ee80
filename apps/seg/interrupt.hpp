#pragma once

#include <atomic>

namespace seg::app {

/// Becomes true at the first SIGINT or SIGTERM; the second one ends the program at once.
const std::atomic<bool>& stop_on_signal();

}  // namespace seg::app
