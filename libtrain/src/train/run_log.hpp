#pragma once

#include <atomic>
#include <filesystem>
#include <string>

#include "seg/plan/reporter.hpp"

namespace seg::train {

/// training_log.txt of a fold: every line with its time, appended at once and passed on to the
/// reporter.
class RunLog {
 public:
  RunLog(std::filesystem::path file, const Reporter& reporter)
      : file_(std::move(file)), reporter_(reporter) {}

  void say(const std::string& line) const;
  void warn(const std::string& line) const;
  void advance(const std::string& activity, std::int64_t done, std::int64_t total) const;

 private:
  std::filesystem::path file_;
  const Reporter& reporter_;
};

/// How a run hears from its user, and its user from the run.
struct Watch {
  const std::atomic<bool>& stop;
  const RunLog& log;
};

}  // namespace seg::train
