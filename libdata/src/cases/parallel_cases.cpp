#include "seg/data/parallel_cases.hpp"

#include <ATen/Parallel.h>
#include <omp.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "seg/data/memory.hpp"
#include "seg/plan/stopwatch.hpp"

namespace seg::data {
namespace {

class ParallelLoop {
 public:
  ParallelLoop(std::size_t count, const ParallelCases& options,
               const std::function<void(std::size_t, const Reporter&)>& work)
      : count_(count),
        options_(options),
        work_(work),
        reporter_(serialised(options.reporter)),
        budget_(options.need ? memory_to_use(options.memory) : 0) {}

  void run() {
    for (std::size_t i = 0; options_.need && i < count_; ++i) {
      needs_.push_back(options_.need(i));
      budget_.require(needs_.back().bytes, needs_.back().name);
    }
    reporter_.advance(options_.activity, 0, count_);
    const auto jobs = std::clamp<std::size_t>(std::max(options_.jobs, 1), 1, std::max(count_, one));
    note_start(jobs);
    if (jobs == 1)
      work_off();
    else
      work_off_with_threads(jobs);
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  static constexpr std::size_t one = 1;

  void work_off_with_threads(std::size_t jobs) {
    const int share = std::max(1, at::get_num_threads() / static_cast<int>(jobs));
    std::vector<std::jthread> threads;
    for (std::size_t job = 0; job < jobs; ++job)
      threads.emplace_back([this, share] {
        at::get_num_threads();  // LibTorch sets a new thread's number once, at its first question
        omp_set_num_threads(share);
        work_off();
      });
  }

  std::size_t next() {
    return options_.ranks ? static_cast<std::size_t>(options_.ranks->next_case()) : next_++;
  }

  void work_off() {
    for (std::size_t i = next(); i < count_ && !failed_; i = next()) try {
        work_with_memory(i);
        const std::lock_guard lock(mutex_);
        // Other ranks have taken those before it.
        done_ = options_.ranks ? std::max(done_, i) : done_ + 1;
        reporter_.advance(options_.activity, done_, count_);
      } catch (...) {
        keep_first(std::current_exception());
      }
  }

  void work_with_memory(std::size_t i) {
    const auto share = options_.need ? budget_.take(needs_[i].bytes, needs_[i].name) : nullptr;
    const Stopwatch watch;
    work_(i, reporter_);
    const std::string need = options_.need ? ", " + memory_text(needs_[i].bytes) + " at most" : "";
    reporter_.note(options_.activity + ": " +
                   (options_.need ? needs_[i].name : std::to_string(i + 1)) + " took " +
                   watch.text() + need);
  }

  void note_start(std::size_t jobs) const {
    reporter_.note(options_.activity + ": " + std::to_string(count_) + " in all, " +
                   std::to_string(jobs) + " at a time" +
                   (options_.need ? ", in " + memory_text(budget_.whole()) + " of memory" : ""));
  }

  void keep_first(std::exception_ptr failure) {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::move(failure);
    failed_ = true;
  }

  const std::size_t count_;
  const ParallelCases& options_;
  const std::function<void(std::size_t, const Reporter&)>& work_;
  std::mutex mutex_;
  const Reporter reporter_;
  MemoryBudget budget_;
  std::vector<CaseNeed> needs_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> failed_{false};
  std::size_t done_ = 0;
  std::exception_ptr failure_;
};

}  // namespace

void for_each_case(std::size_t count, const ParallelCases& options,
                   const std::function<void(std::size_t, const Reporter&)>& work) {
  if (count == 0 && !options.ranks) return;
  if (!options.ranks) return ParallelLoop(count, options, work).run();
  options.ranks->deal_cases();
  options.ranks->do_together(options.reporter, [&](const Reporter& reporter) {
    ParallelCases own = options;
    own.reporter = reporter;
    ParallelLoop(count, own, work).run();
  });
  options.reporter.advance(options.activity, count, count);
}

}  // namespace seg::data
