#pragma once

#include <functional>
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

  /// The same of all ranks, together.
  void take_in_others(data::Ranks& ranks);

  /// Names of the finished cases, sorted.
  /// @param done what is done with a case.
  /// @throws SomeFailed if there are others.
  std::vector<std::string> finished_or_throw(const std::string& done) const;

 private:
  void fail(const FailedCase& failure);
  void advance() const;

  std::size_t cases_;
  std::string activity_;
  bool warns_;  ///< of a single case the error says all
  const Reporter reporter_;
  std::mutex mutex_;
  std::vector<std::string> finished_;
  std::vector<FailedCase> failed_;
};

/// Cases that one process works on, or several together.
struct CaseRun {
  std::size_t cases = 0;
  std::string activity;          ///< name for Reporter::progress: "segmenting"
  std::string done;              ///< what is done with a finished case: "segmented"
  data::Ranks* ranks = nullptr;  ///< that share them
};

/// Calls `work`, on every rank, which works on the cases that it comes to.
/// @returns the names of the cases that were finished, of all ranks.
/// @throws SomeFailed if there are others, and what `work` throws, on every rank.
std::vector<std::string> finished_cases(const CaseRun& run, const Reporter& reporter,
                                        const std::function<void(Outcome&)>& work);

/// Cases that have nothing to do with each other, by name.
struct SeparateCases {
  std::vector<std::string> names;
  std::string activity, done;    ///< see CaseRun
  int jobs = 1;                  ///< worked on at a time; 0: as many as there are cores
  data::Ranks* ranks = nullptr;  ///< that share them
};

/// Calls work(i, reporter) for each of them, as data::for_each_case() does, but goes on past those
/// that fail, unless because nothing can be written any more. @returns and @throws as the above.
std::vector<std::string> finished_cases(
    const SeparateCases& cases, const Reporter& reporter,
    const std::function<void(std::size_t, const Reporter&)>& work);

}  // namespace seg::train
