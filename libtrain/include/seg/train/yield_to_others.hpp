#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace seg::train {

/// Within its life, threads that wait for the network's next loop give their core back at once
/// while other processes want the cores. While nobody does they keep it for some milliseconds, so
/// that a loop starts sooner. Neither the number of threads nor any result depends on it.
///
/// Else two trainings on one machine take many times as long as one: each has threads that hold a
/// core only to wait for one that the other process holds.
///
/// For whole programs: it concerns all of OpenMP's threads (LibTorch's and oneDNN's, too). Where
/// OMP_WAIT_POLICY or GOMP_SPINCOUNT is set, that is obeyed and this does nothing; so it does on
/// systems without /proc/stat.
class YieldToOthers {
 public:
  YieldToOthers();
  ~YieldToOthers();
  YieldToOthers(const YieldToOthers&) = delete;
  YieldToOthers& operator=(const YieldToOthers&) = delete;

  /// Whether waiting threads give their core back now.
  bool yields() const { return yields_; }

 private:
  void watch(const std::stop_token& stop);

  std::atomic<bool> yields_{false};
  std::jthread watcher_;
};

/// Seconds that the given cores have worked since the system's start, for whom ever.
/// @param statistics the content of /proc/stat.
/// @param ticks its units in a second.
double busy_seconds(const std::string& statistics, const std::vector<int>& cores, long ticks);

}  // namespace seg::train
