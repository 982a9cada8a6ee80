#pragma once

#include <cstddef>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "seg/plan/error.hpp"

namespace seg::train {

/// The kind of any exception: an Error's own; out_of_memory for what the standard library and
/// LibTorch, on the CPU or a GPU, throw for it; else unexpected.
ErrorKind kind_of(const std::exception& exception);

/// Its message in one line, without the stack trace that LibTorch appends.
std::string line_of(const std::exception& exception);

/// A case that failed, and why.
struct FailedCase {
  std::string name;
  ErrorKind kind = ErrorKind::unexpected;
  std::string line;
};

/// What became of the cases of a run.
struct CaseOutcomes {
  std::string activity;  ///< what was done with them: "segmented"
  std::size_t cases = 0;
  std::vector<std::string> finished;
  std::vector<FailedCase> failed;
  std::vector<std::string> left;  ///< not among the cases of the run: they were done before
  bool told = false;              ///< whether the reporter was warned of each one that failed
};

/// Some cases of a run failed; the others are done.
class SomeFailed : public Error {
 public:
  /// what() names the failed cases and says why the first one failed; its kind is the error's.
  explicit SomeFailed(const CaseOutcomes& outcomes);

  const CaseOutcomes& outcomes() const { return *outcomes_; }
  /// For who saw the warnings: "2 of 10 cases were not segmented; the lines above say why". Where
  /// there were none, as for a single case, what().
  std::string summary() const;

 private:
  std::shared_ptr<const CaseOutcomes> outcomes_;  // copies of exceptions must not throw
};

}  // namespace seg::train
