#pragma once

namespace seg::app {

/// Has the program end with one line and exit code 1, not by a signal (SIGBUS), where what it reads
/// of a mapped file was cut off meanwhile. Lengths are checked before files are read
/// (data::require_whole); this is for what happens after the check.
void report_cut_files();

}  // namespace seg::app
