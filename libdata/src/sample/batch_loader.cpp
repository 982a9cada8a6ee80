#include "seg/data/batch_loader.hpp"

#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <thread>
#include <variant>

#include "seg/plan/assert.hpp"

namespace seg::data {
namespace {

using Result = std::variant<RawBatch, std::exception_ptr>;

Result make_or_catch(const BatchLoader::Make& make, std::uint64_t epoch, std::uint64_t iteration) {
  try {
    return make(epoch, iteration);
  } catch (...) {
    return std::current_exception();
  }
}

std::size_t bytes_of(const Result& result) {
  const auto* batch = std::get_if<RawBatch>(&result);
  return batch && batch->data.defined() ? batch->data.nbytes() + batch->seg.nbytes() : 0;
}

}  // namespace

// Batches are counted from 0 where the loader starts: [taken, started) are under way.
struct BatchLoader::State {
  Make make;
  LoaderOptions options;
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::uint64_t, Result> finished;
  std::uint64_t started = 0, taken = 0;
  std::size_t batch_bytes = 0;  // the largest seen; 0 before the first is finished
  bool stop = false;
  std::vector<std::thread> readers;

  bool may_start() const {
    const std::uint64_t under_way = started - taken;
    if (under_way == 0) return true;
    return batch_bytes > 0 && under_way < options.queue_batches &&
           (under_way + 1) * batch_bytes <= options.queue_bytes;
  }

  Result read(std::uint64_t number) const {
    const std::uint64_t iteration = options.first_iteration + number;
    return make_or_catch(make, options.first_epoch + iteration / options.iterations_per_epoch,
                         iteration % options.iterations_per_epoch);
  }

  void run() {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [&] { return stop || may_start(); });
      if (stop) return;
      const std::uint64_t number = started++;
      lock.unlock();
      Result result = read(number);
      lock.lock();
      batch_bytes = std::max(batch_bytes, bytes_of(result));
      finished.emplace(number, std::move(result));
      SEG_ASSERT(taken <= number && number < started && finished.size() <= started - taken);
      changed.notify_all();
    }
  }
};

BatchLoader::BatchLoader(Make make, const LoaderOptions& options)
    : state_(std::make_unique<State>()) {
  state_->make = std::move(make);
  state_->options = options;
  for (int i = 0; i < std::max(options.threads, 1); ++i)
    state_->readers.emplace_back([state = state_.get()] { state->run(); });
}

BatchLoader::~BatchLoader() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stop = true;
  }
  state_->changed.notify_all();
  for (auto& reader : state_->readers) reader.join();
}

RawBatch BatchLoader::next() {
  std::unique_lock lock(state_->mutex);
  const std::uint64_t number = state_->taken;
  state_->changed.wait(lock, [&] { return state_->finished.count(number) > 0; });
  Result result = std::move(state_->finished.extract(number).mapped());
  ++state_->taken;
  state_->changed.notify_all();
  lock.unlock();
  if (auto* error = std::get_if<std::exception_ptr>(&result)) std::rethrow_exception(*error);
  return std::get<RawBatch>(std::move(result));
}

}  // namespace seg::data
