#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "seg/data/ranks.hpp"
#include "seg/plan/reporter.hpp"
#include "seg/train/failure.hpp"

namespace seg::train {

/// What became of the cases of a run; for use from several threads.
class Outcome {
 public:
  /// @param activity name for Reporter::progress.
  Outcome(std::size_t cases, std::string activity, const Reporter& reporter);

  /// The result of `work`; nothing, and one failed case more, if it throws.
  template <typename Work>
  auto attempt(const std::string& name, const Work& work) -> std::optional<decltype(work())> {
    try {
      return work();
    } catch (const std::exception& error) {
      fail({name, kind_of(error), line_of(error)});
    }
    return std::nullopt;
  }

  void finish(const std::string& name);

  /// Passes lines on, one at a time.
  const Reporter& reporter() const { return reporter_; }

  /// The same of all ranks, together; the leader's reporter hears of the others' failures.
  void take_in_others(data::Ranks& ranks, const Reporter& reporter);

  /// Names of the finished cases.
  /// @param done what is done with a case.
  /// @throws SomeFailed if there are others.
  std::vector<std::string> finished_or_throw(const std::string& done = "segmented") const;

 private:
  void fail(const FailedCase& failure);
  void warn_of(const FailedCase& failure, const Reporter& reporter) const;
  void advance() const;

  std::size_t cases_;
  std::string activity_;
  bool warns_;  ///< of a single case the error says all
  const Reporter reporter_;
  std::mutex mutex_;
  std::vector<std::string> finished_;
  std::vector<FailedCase> failed_;
};

}  // namespace seg::train
