#pragma once

#include "seg/plan/reporter.hpp"

namespace seg::app {

/// A reporter that writes to stderr: log lines with the time of day, and progress with the time
/// left, as a bar on a terminal and as a line every ten seconds elsewhere.
Reporter terminal_reporter();

}  // namespace seg::app
