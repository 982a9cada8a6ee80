#pragma once

#include <atomic>

namespace seg::app {

/// Becomes true at the first SIGINT or SIGTERM; one that comes seconds later ends the program at
/// once.
const std::atomic<bool>& stop_on_signal();

/// The signal that asked for the end; 0 when none did.
int signal_to_stop();

}  // namespace seg::app
