#pragma once

#include <functional>
#include <memory>

#include "seg/data/patch_sampler.hpp"

namespace seg::data {

struct LoaderOptions {
  int threads = 1;
  std::size_t queue_bytes = std::size_t{512}
                            << 20;  ///< finished batches never hold more (one batch always fits)
  std::uint64_t first_epoch = 0, first_iteration = 0;
  std::uint64_t iterations_per_epoch = 250;
};

/// Reads batches ahead with threads and hands them out strictly in order (epoch, iteration).
class BatchLoader {
 public:
  using Make = std::function<RawBatch(std::uint64_t epoch, std::uint64_t iteration)>;
  BatchLoader(Make make, const LoaderOptions& options);
  ~BatchLoader();  ///< stops and joins the threads

  /// The next batch; waits for it. An exception of a reader thread is thrown here.
  RawBatch next();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace seg::data
