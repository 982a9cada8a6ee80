#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "seg/plan/reporter.hpp"

namespace seg::data {

/// How for_each_case runs.
struct ParallelCases {
  int jobs = 1;          ///< cases worked on at the same time; below 1 counts as 1
  std::string activity;  ///< name for Reporter::progress
  Reporter reporter{};
};

/// Calls work(i, reporter) for every i in [0, count), `jobs` at a time, and reports progress.
/// The reporter given to `work` may be used from there at any time: calls are serialised. With
/// several jobs the threads of LibTorch and OpenMP are shared out between them.
/// @throws the first exception of `work`; cases not begun by then are left out.
void for_each_case(std::size_t count, const ParallelCases& options,
                   const std::function<void(std::size_t, const Reporter&)>& work);

}  // namespace seg::data
