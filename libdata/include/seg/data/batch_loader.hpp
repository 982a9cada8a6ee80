#pragma once

#include <functional>
#include <memory>

#include "seg/data/patch_sampler.hpp"

namespace seg::data {

struct LoaderOptions {
  int threads = 1;
  /// Batches that are being read or wait to be taken are never more, and never hold more; one
  /// batch always fits.
  std::uint64_t queue_batches = 64;
  std::size_t queue_bytes = std::size_t{512} << 20;
  std::uint64_t first_epoch = 0, first_iteration = 0;
  std::uint64_t iterations_per_epoch = 250;
};

/// Reads batches ahead with threads and hands them out strictly in order: (first_epoch,
/// first_iteration), and on, epoch after epoch, without end. What is handed out does not depend on
/// the number of threads.
class BatchLoader {
 public:
  /// Called from the reader threads, several at a time.
  using Make = std::function<RawBatch(std::uint64_t epoch, std::uint64_t iteration)>;
  BatchLoader(Make make, const LoaderOptions& options);
  ~BatchLoader();  ///< stops and joins the threads
  BatchLoader(const BatchLoader&) = delete;
  BatchLoader& operator=(const BatchLoader&) = delete;

  /// The next batch; waits for it. An exception that `make` threw for this batch is thrown here;
  /// the call after that gives the batch behind it.
  RawBatch next();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace seg::data
