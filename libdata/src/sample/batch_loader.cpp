#include "seg/data/batch_loader.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <future>
#include <thread>

#include "seg/data/bounded_queue.hpp"

#include "seg/plan/assert.hpp"

namespace seg::data {
namespace {

std::size_t bytes_of(const RawBatch& batch) {
  return batch.data.defined() ? batch.data.nbytes() + batch.seg.nbytes() : 0;
}

}  // namespace

// Batches are counted from 0 where the loader starts.
struct BatchLoader::State {
  State(Make maker, const LoaderOptions& loader_options)
      : make(std::move(maker)), options(loader_options) {}
  ~State() {  // also where not all readers could be started
    stop = true;
    to_read.close();
    readers.clear();
  }

  Make make;
  LoaderOptions options;
  BoundedQueue<std::packaged_task<RawBatch()>> to_read{options.queue_batches + 1};
  std::deque<std::future<RawBatch>> under_way;  // in order; begun, or waiting to be
  std::uint64_t started = 0;
  std::size_t batch_bytes = 0;  // the largest seen; 0 before the first is there
  std::atomic<bool> stop = false;
  std::vector<std::jthread> readers;

  bool may_start() const {
    if (under_way.empty()) return true;
    return batch_bytes > 0 && under_way.size() < options.queue_batches &&
           (under_way.size() + 1) * batch_bytes <= options.queue_bytes;
  }

  void start_next() {
    const std::uint64_t iteration = options.first_iteration + started++;
    std::packaged_task<RawBatch()> task([this, iteration] {
      return make(options.first_epoch + iteration / options.iterations_per_epoch,
                  iteration % options.iterations_per_epoch);
    });
    under_way.push_back(task.get_future());
    to_read.push(std::move(task));
  }

  void read() {
    while (auto task = to_read.pop())
      if (!stop) (*task)();
  }
};

BatchLoader::BatchLoader(Make make, const LoaderOptions& options)
    : state_(std::make_unique<State>(std::move(make), options)) {
  state_->start_next();
  for (int i = 0; i < std::max(options.threads, 1); ++i)
    state_->readers.emplace_back([state = state_.get()] { state->read(); });
}

BatchLoader::~BatchLoader() = default;

RawBatch BatchLoader::next() {
  State& state = *state_;
  std::future<RawBatch> first = std::move(state.under_way.front());
  first.wait();
  state.under_way.pop_front();
  if (state.under_way.empty()) state.start_next();
  RawBatch batch = first.get();
  state.batch_bytes = std::max(state.batch_bytes, bytes_of(batch));
  while (state.may_start()) state.start_next();
  return batch;
}

}  // namespace seg::data
