#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "seg/data/ranks.hpp"
#include "seg/plan/reporter.hpp"

namespace seg::data {

/// Memory that a case takes.
struct CaseNeed {
  std::string name;  ///< in errors
  std::int64_t bytes = 0;
};

/// How for_each_case runs.
struct ParallelCases {
  int jobs = 1;          ///< cases worked on at the same time; below 1 counts as 1
  std::string activity;  ///< name for Reporter::progress
  Reporter reporter{};
  /// Bytes that they may take together: fewer than `jobs` are worked on where their needs would be
  /// more. See memory_to_use().
  std::int64_t memory = 0;
  /// What a case takes at most; empty: too little to count.
  std::function<CaseNeed(std::size_t)> need{};
  /// That share the cases: each is worked on by the rank that comes to it first, `jobs` at a time
  /// on every rank, and all wait for the last one. What ranks fail with reaches all of them.
  Ranks* ranks = nullptr;
};

/// Calls work(i, reporter) for every i in [0, count), `jobs` at a time, and reports progress.
/// The reporter given to `work` may be used from there at any time: calls are serialised. With
/// several jobs the threads of LibTorch and OpenMP are shared out between them.
/// @throws the first exception of `work`; cases not begun by then are left out. Error
/// (out_of_memory) before any is begun when one of them takes more than there is.
void for_each_case(std::size_t count, const ParallelCases& options,
                   const std::function<void(std::size_t, const Reporter&)>& work);

}  // namespace seg::data
