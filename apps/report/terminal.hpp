#pragma once

#include "seg/plan/reporter.hpp"

namespace seg::app {

/// A reporter that writes to stderr: log lines with the time of day, and progress with the time
/// left, as a bar on a terminal and as a line every ten seconds elsewhere. Without colours where
/// the environment has NO_COLOR (no-color.org). Settings are named as options, see
/// with_option_names().
Reporter terminal_reporter();

/// From now on reporters of the terminal drop news and progress.
void say_warnings_only();

/// From now on they show details, too.
void say_details();

/// From now on they say each warning once.
void say_warnings_once();

/// From now on they drop everything.
void say_nothing();

}  // namespace seg::app
